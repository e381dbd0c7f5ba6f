package io.millrace.simulator.limit;

import java.util.Map;

/**
 * One second of a pool.
 *
 * @param second since the epoch
 * @param lowest how low each bucket stood in it, which below zero is a debt; nothing of a dimension
 *     without a limit
 * @param last how high it stood when it was looked at for the last time
 */
public record PoolSecond(
    long second,
    Use millrace,
    Use others,
    Map<Dimension, Double> lowest,
    Map<Dimension, Double> last) {
  public PoolSecond {
    lowest = Map.copyOf(lowest);
    last = Map.copyOf(last);
  }

  public Use of(Caller caller) {
    return caller == Caller.MILLRACE ? millrace : others;
  }
}
