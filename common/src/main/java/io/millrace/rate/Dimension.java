package io.millrace.rate;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What of an account's limits a call takes, and may have to wait for. */
public enum Dimension {
  REQUESTS("requests"),
  INPUT_TOKENS("input_tokens"),
  OUTPUT_TOKENS("output_tokens");

  private final String wireName;

  Dimension(String wireName) {
    this.wireName = wireName;
  }

  /** As answers, metrics and the store have it. */
  public String wireName() {
    return wireName;
  }

  /** The one of that name, if it is one. */
  public static Optional<Dimension> fromWireName(@Nullable String wireName) {
    for (Dimension dimension : values()) {
      if (dimension.wireName.equals(wireName)) {
        return Optional.of(dimension);
      }
    }
    return Optional.empty();
  }
}
