package io.millrace.claude.limit;

import org.jspecify.annotations.Nullable;

/**
 * What a pool allows in a minute.
 *
 * @param requestsPerMinute null for unlimited
 * @param inputTokensPerMinute null for unlimited
 * @param outputTokensPerMinute null for unlimited
 */
public record PoolLimits(
    @Nullable Long requestsPerMinute,
    @Nullable Long inputTokensPerMinute,
    @Nullable Long outputTokensPerMinute) {

  public static final PoolLimits UNLIMITED = new PoolLimits(null, null, null);

  public PoolLimits {
    check(requestsPerMinute);
    check(inputTokensPerMinute);
    check(outputTokensPerMinute);
  }

  private static void check(@Nullable Long limit) {
    if (limit != null && limit < 1) {
      throw new IllegalArgumentException("A limit is at least one a minute, not " + limit);
    }
  }
}
