package io.millrace.job;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** How long a job's prompt and answer are kept once it has ended. */
public enum Keeping {
  /** As long as {@code millrace.retention.results} says. */
  STANDARD,
  /** Until the answer was delivered or fetched. */
  NONE;

  /** The name in JSON and SQL. */
  public String wireName() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The one of that wire name, or empty. */
  public static Optional<Keeping> parse(String wireName) {
    return Arrays.stream(values())
        .filter(keeping -> keeping.wireName().equals(wireName))
        .findFirst();
  }
}
