package io.millrace.simulator.limit;

/** A pool's limits per minute; {@link #UNLIMITED} where a dimension has none. */
public record PoolLimits(long requests, long inputTokens, long outputTokens) {
  public static final long UNLIMITED = Long.MAX_VALUE;

  public static final PoolLimits NONE = new PoolLimits(UNLIMITED, UNLIMITED, UNLIMITED);

  public PoolLimits {
    if (requests <= 0 || inputTokens <= 0 || outputTokens <= 0) {
      throw new IllegalArgumentException(
          "a limit must be positive: %d requests, %d input, %d output tokens"
              .formatted(requests, inputTokens, outputTokens));
    }
  }

  long of(Dimension dimension) {
    return switch (dimension) {
      case REQUESTS -> requests;
      case INPUT_TOKENS -> inputTokens;
      case OUTPUT_TOKENS -> outputTokens;
    };
  }
}
