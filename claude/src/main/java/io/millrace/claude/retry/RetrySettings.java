package io.millrace.claude.retry;

import java.time.Duration;

/**
 * How waits between attempts grow.
 *
 * @param initial the longest wait after the first failed attempt
 * @param multiplier by which it grows with each further one
 * @param longest where it stops growing
 */
public record RetrySettings(Duration initial, double multiplier, Duration longest) {
  public static final RetrySettings DEFAULTS =
      new RetrySettings(Duration.ofSeconds(1), 2, Duration.ofSeconds(60));

  public RetrySettings {
    if (!initial.isPositive() || multiplier < 1 || longest.compareTo(initial) < 0) {
      throw new IllegalArgumentException("Waits must be above zero and must not shrink");
    }
  }
}
