package io.millrace.db.tenant;

import java.time.Instant;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One whom jobs belong to.
 *
 * @param pausedAt since when its jobs are held back; null while they are not
 * @param keys how many of its keys may be used
 */
public record Tenant(
    int number, String name, Instant createdAt, @Nullable Instant pausedAt, int keys) {

  /** What a name may be made of, in words. */
  public static final String NAME_RULE =
      "1 to 64 letters, digits, '.', '_' and '-', the first a letter or a digit";

  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}");

  /** Whether a tenant may be called that. */
  public static boolean canBeCalled(String name) {
    return NAME.matcher(name).matches();
  }
}
