package io.millrace.claude.call;

import java.time.Duration;

/**
 * How long a call may take whose job does not say. A call that is cut may be billed and is made
 * again, so the bounds are those of hangs, far beyond healthy calls.
 *
 * @param base of ordinary calls
 */
public record CallTimeout(Duration base) {
  /** No call is bounded later. */
  public static final Duration LONGEST = Duration.ofHours(1);

  public static final CallTimeout DEFAULT = new CallTimeout(Duration.ofMinutes(10));

  // The pace by which the provider's documentation scales timeouts: 128,000 tokens in an hour.
  private static final long PACE = 128_000;

  private static final Duration FIRST_TOKEN = Duration.ofMinutes(2);
  private static final long SLOWEST_READING = 2_000;
  private static final long SLOWEST_WRITING = 10;

  public CallTimeout {
    if (base.compareTo(Duration.ofSeconds(1)) < 0 || base.compareTo(LONGEST) > 0) {
      throw new IllegalArgumentException(
          "millrace.call.timeout is from a second to an hour, not " + base);
    }
  }

  /**
   * The bound of a request: shorter than the base where it could not take that long even at a
   * crawl, longer where it could by the provider's own pace.
   *
   * @param elaborate whether Claude may do more than read and write, such as using tools
   */
  public Duration fitting(long maxTokens, long inputTokens, boolean elaborate) {
    var paced = Duration.ofSeconds(LONGEST.toSeconds() * Math.min(maxTokens, PACE) / PACE);
    if (paced.compareTo(base) > 0) {
      return paced;
    }
    var crawl =
        FIRST_TOKEN.plusSeconds(maxTokens / SLOWEST_WRITING + inputTokens / SLOWEST_READING);
    return elaborate || crawl.compareTo(base) > 0 ? base : crawl;
  }
}
