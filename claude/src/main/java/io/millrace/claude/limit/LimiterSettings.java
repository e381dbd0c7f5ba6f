package io.millrace.claude.limit;

import java.time.Duration;
import java.util.Map;

/**
 * How a worker limits.
 *
 * @param limits by pool name; {@code default} is for pools that are not named
 * @param mode whether decisions are carried out
 * @param patience how long a job waits at a worker for the rate before it goes back to the queue
 */
public record LimiterSettings(Map<String, PoolLimits> limits, Mode mode, Duration patience) {
  private static final String DEFAULT = "default";

  /** Whether decisions are carried out. */
  public enum Mode {
    /** Calls wait until the limits allow them. */
    ENFORCE,
    /** Everything starts at once; what would have waited is counted. */
    SHADOW
  }

  public LimiterSettings {
    limits = Map.copyOf(limits);
  }

  /** The limits of a pool. */
  public PoolLimits of(String pool) {
    var others = limits.getOrDefault(DEFAULT, PoolLimits.UNLIMITED);
    return limits.getOrDefault(pool, others);
  }

  boolean isShadow() {
    return mode == Mode.SHADOW;
  }
}
