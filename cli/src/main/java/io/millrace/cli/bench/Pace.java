package io.millrace.cli.bench;

import java.util.function.LongSupplier;

/** When the next request of a load is to go out. */
sealed interface Pace {

  /** How many requests the load makes at most. */
  long limit();

  /**
   * As fast as they are accepted, while fewer than {@code outstanding} accepted jobs are not done:
   * the queue in front of what is measured neither runs dry nor grows.
   *
   * @param done how many of the load's jobs are done
   */
  record Closed(long limit, long outstanding, LongSupplier done) implements Pace {

    /** Bounded by the connections alone. */
    static Closed unbounded(long limit) {
      return new Closed(limit, Long.MAX_VALUE, () -> 0);
    }
  }

  /**
   * At fixed times, whatever became of the requests before: a stall of the server makes the later
   * ones late, and their time counts from when they were meant to go.
   *
   * @param start of the first, by {@link WallClock}
   */
  record Open(long limit, long start, double perSecond) implements Pace {

    long intended(long number) {
      return start + Math.round(number * 1e6 / perSecond);
    }
  }
}
