package io.millrace.db.tenant;

import io.millrace.db.tenant.ApiKeys.Role;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a key, which is not the key.
 *
 * @param label what somebody called it
 * @param hint its ends
 * @param fromEnvironment whether {@code MILLRACE_API_KEYS} brought it
 * @param lastUsedAt to the hour
 */
public record ApiKey(
    int number,
    String tenant,
    Role role,
    @Nullable String label,
    String hint,
    boolean fromEnvironment,
    Instant createdAt,
    @Nullable Instant lastUsedAt,
    @Nullable Instant revokedAt) {

  private static final String PREFIX = "key_";

  /** What to call it by. */
  public String id() {
    return PREFIX + number;
  }

  /** The number in an id. */
  static Optional<Integer> number(String id) {
    return id.matches(PREFIX + "[1-9]\\d{0,8}")
        ? Optional.of(Integer.valueOf(id.substring(PREFIX.length())))
        : Optional.empty();
  }

  /** Whether {@code word} is its id, its hint, or one end of the hint. */
  boolean answersTo(String word) {
    return word.equals(id())
        || word.equals(hint)
        || (word.length() >= 4 && (hint.startsWith(word + "…") || hint.endsWith("…" + word)));
  }
}
