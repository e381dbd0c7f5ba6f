package io.millrace.cli.bench;

import io.millrace.simulator.limit.Caller;
import io.millrace.simulator.limit.Dimension;
import io.millrace.simulator.limit.PoolLimits;
import io.millrace.simulator.limit.PoolSecond;
import io.millrace.simulator.limit.Use;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a caller used of one dimension of a pool in a window of whole seconds, by the provider's own
 * word.
 *
 * @param limit per minute
 * @param available what the limit gave in that time, and what the bucket held at its beginning and
 *     no longer at its end, less what the other caller used
 * @param lowest how low the bucket stood, in seconds of the limit; below zero is a debt
 */
record Share(Dimension dimension, long limit, double available, double used, double lowest) {

  private static final int SLIDING = 5;

  // What shows later than a lease and a little after a loss has another cause.
  private static final int NOTICED = 20;

  /** Whole seconds since the epoch; {@code until} is not part of it. */
  record Span(long from, long until) {

    long seconds() {
      return until - from;
    }

    boolean has(long second) {
      return second >= from && second < until;
    }
  }

  /** Of the dimensions that have a limit. */
  static List<Share> of(
      List<PoolSecond> history, Caller caller, Map<Dimension, Long> limits, Span span) {
    Use own = use(history, caller, span);
    Use others = use(history, other(caller), span);
    return Arrays.stream(Dimension.values())
        .filter(limits::containsKey)
        .map(dimension -> {
          long limit = limits.getOrDefault(dimension, PoolLimits.UNLIMITED);
          double perSecond = limit / 60.0;
          double lowest =
              history.stream()
                  .filter(second -> span.has(second.second()))
                  .filter(second -> second.lowest().containsKey(dimension))
                  .mapToDouble(second -> second.lowest().getOrDefault(dimension, 0.0))
                  .min()
                  .orElse(Double.NaN);
          return new Share(
              dimension,
              limit,
              perSecond * span.seconds()
                  + Math.max(
                      0,
                      level(history, dimension, span.from())
                          - level(history, dimension, span.until()))
                  - others.of(dimension),
              own.of(dimension),
              lowest / perSecond);
        })
        .toList();
  }

  /** How much the bucket held when a second began; without a word of it, nothing. */
  private static double level(List<PoolSecond> history, Dimension dimension, long second) {
    return history.stream()
        .filter(one -> one.second() < second && one.last().containsKey(dimension))
        .reduce((_, later) -> later)
        .map(one -> one.last().getOrDefault(dimension, 0.0))
        .orElse(0.0);
  }

  /** Everything that a caller had in the window. */
  static Use use(List<PoolSecond> history, Caller caller, Span span) {
    return history.stream()
        .filter(second -> span.has(second.second()))
        .map(second -> second.of(caller))
        .reduce(Use.NONE, Use::plus);
  }

  private static Caller other(Caller caller) {
    return caller == Caller.MILLRACE ? Caller.OTHERS : Caller.MILLRACE;
  }

  double percent() {
    return 100 * used / available;
  }

  /**
   * How a loss was got over.
   *
   * @param seconds until the mean over five seconds was back at the target, after it had fallen
   *     below; 0 where it did not fall, NaN where it did not come back
   * @param lost how many seconds' worth of the limit stayed unused from the loss to the end, net of
   *     what was made up for
   */
  record Recovery(double seconds, double lost) {}

  /**
   * Looks at what was used of a dimension after a moment.
   *
   * @param at the second in which something was lost
   * @param until the end of what is looked at
   */
  static Recovery after(
      List<PoolSecond> history, Dimension dimension, long limit, long at, long until) {
    Map<Long, Double> shares = new HashMap<>();
    for (PoolSecond one : history) {
      double available = limit / 60.0 - one.others().of(dimension);
      shares.put(one.second(), one.millrace().of(dimension) / available);
    }
    var means = new TreeMap<Long, Double>();
    double lost = 0;
    for (long second = at; second < until; second++) {
      lost += 1 - shares.getOrDefault(second, 0.0);
      double sum = 0;
      for (long one = second - SLIDING + 1; one <= second; one++) {
        sum += shares.getOrDefault(one, 0.0);
      }
      means.put(second, sum / SLIDING);
    }
    long fallen = first(means, at, Math.min(until, at + NOTICED), false);
    if (fallen < 0) {
      return new Recovery(0, lost);
    }
    long back = first(means, fallen, until, true);
    return new Recovery(back < 0 ? Double.NaN : back + 1 - at, lost);
  }

  private static long first(TreeMap<Long, Double> means, long from, long until, boolean met) {
    return means.subMap(from, until).entrySet().stream()
        .filter(one -> one.getValue() >= Targets.P4_USED / 100 == met)
        .mapToLong(Map.Entry::getKey)
        .findFirst()
        .orElse(-1);
  }
}
