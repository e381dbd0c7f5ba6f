package io.millrace.simulator.limit;

import java.util.Map;

/**
 * One second of a pool.
 *
 * @param second since the epoch
 * @param lowest how low each bucket stood in it, which below zero is a debt; nothing of a dimension
 *     without a limit
 */
public record PoolSecond(long second, Use millrace, Use others, Map<Dimension, Double> lowest) {
  public PoolSecond {
    lowest = Map.copyOf(lowest);
  }

  public Use of(Caller caller) {
    return caller == Caller.MILLRACE ? millrace : others;
  }
}
