package io.millrace.claude.limit;

import org.jspecify.annotations.Nullable;

/**
 * What a pool allows.
 *
 * @param requestsPerMinute null for what the provider's headers tell
 * @param inputTokensPerMinute null for what the provider's headers tell; cache reads do not count
 * @param outputTokensPerMinute null for what the provider's headers tell
 * @param concurrentCalls calls under way at once, of all workers together; null for any number
 */
public record PoolLimits(
    @Nullable Long requestsPerMinute,
    @Nullable Long inputTokensPerMinute,
    @Nullable Long outputTokensPerMinute,
    @Nullable Integer concurrentCalls) {

  public static final PoolLimits UNLIMITED = new PoolLimits(null, null, null, null);

  public PoolLimits {
    check(requestsPerMinute);
    check(inputTokensPerMinute);
    check(outputTokensPerMinute);
    if (concurrentCalls != null && concurrentCalls < 1) {
      throw new IllegalArgumentException(
          "concurrent-calls is at least one, not " + concurrentCalls);
    }
  }

  /** Limits of the three buckets, and any number of calls at once. */
  public static PoolLimits perMinute(
      @Nullable Long requests, @Nullable Long inputTokens, @Nullable Long outputTokens) {
    return new PoolLimits(requests, inputTokens, outputTokens, null);
  }

  private static void check(@Nullable Long limit) {
    if (limit != null && limit < 1) {
      throw new IllegalArgumentException("A limit is at least one a minute, not " + limit);
    }
  }
}
