package io.millrace.claude.breaker;

import java.time.Duration;

/**
 * When a breaker opens, and for how long.
 *
 * @param window how many of the last calls it remembers
 * @param minimumCalls how many it must remember before it may open
 * @param failureRate the percentage of failures at which it opens
 * @param open how long it is open the first time; each time that it opens again without having
 *     closed takes twice as long
 * @param longestOpen where that stops growing
 * @param halfOpenCalls the calls that try the service after it was open
 */
public record BreakerTerms(
    int window,
    int minimumCalls,
    int failureRate,
    Duration open,
    Duration longestOpen,
    int halfOpenCalls) {

  private static final int MOST_CALLS = 10_000;
  private static final Duration SHORTEST = Duration.ofMillis(100);

  public static final BreakerTerms DEFAULTS =
      new BreakerTerms(50, 20, 50, Duration.ofSeconds(5), Duration.ofSeconds(60), 3);

  public BreakerTerms {
    if (window < 1 || window > MOST_CALLS || minimumCalls < 1 || minimumCalls > window) {
      throw new IllegalArgumentException(
          "A breaker remembers 1 to " + MOST_CALLS + " calls and may open after some of them");
    }
    if (failureRate < 1 || failureRate > 100) {
      throw new IllegalArgumentException("A breaker's failure rate is 1 to 100 percent");
    }
    if (halfOpenCalls < 1 || halfOpenCalls > MOST_CALLS) {
      throw new IllegalArgumentException("A breaker tries the service with at least one call");
    }
    if (open.compareTo(SHORTEST) < 0 || longestOpen.compareTo(open) < 0) {
      throw new IllegalArgumentException(
          "A breaker is open for at least " + SHORTEST + ", and ever longer");
    }
  }
}
