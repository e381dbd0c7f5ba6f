package io.millrace.simulator.limit;

import java.time.Duration;

/**
 * A token bucket with continuous refill, and a continuous drain by what running calls produce.
 *
 * <p>The bucket holds less than a minute's worth (the burst), while the headers speak of the whole
 * minute; so the remaining amount that is told exceeds the level by the constant difference of the
 * two. A call can be refused although the headers show something left, as with the real thing.
 */
final class Bucket {
  private static final double NANOS_PER_MINUTE = 60e9;

  private long limit = PoolLimits.UNLIMITED;
  private double capacity;
  private double level;
  private double drain;
  private int drains;
  private long at;

  Bucket(long now) {
    at = now;
  }

  /** Sets limit and burst; a bucket keeps the share to which it was full, a new one is full. */
  void resize(long perMinute, Duration burst, double least, long now) {
    advance(now);
    double share = isLimited() ? level / capacity : 1;
    limit = perMinute;
    capacity = Math.max(least, perMinute * (burst.toNanos() / NANOS_PER_MINUTE));
    level = capacity * Math.min(1, share);
  }

  boolean isLimited() {
    return limit != PoolLimits.UNLIMITED;
  }

  long limit() {
    return limit;
  }

  double level() {
    return level;
  }

  void advance(long now) {
    // A clock that goes back must not refill twice.
    if (now > at) {
      if (isLimited()) {
        level = Math.min(capacity, level + (limit / NANOS_PER_MINUTE - drain) * (now - at));
      }
      at = now;
    }
  }

  /**
   * A cost above the burst passes a full bucket and leaves a debt; one above the minute's limit
   * never passes.
   */
  boolean has(double cost) {
    return !isLimited()
        || (cost <= Math.max((double) limit, capacity) && level >= Math.min(cost, capacity) - 1e-6);
  }

  void take(double cost) {
    if (isLimited()) {
      level = Math.min(capacity, level - cost);
    }
  }

  void startDrain(double perNano) {
    drain += perNano;
    drains++;
  }

  void stopDrain(double perNano) {
    drains--;
    // Sums of differences leave a rest that would drain for ever.
    drain = drains == 0 ? 0 : drain - perNano;
  }

  long nanosUntil(double cost) {
    double missing = Math.min(cost, capacity) - level;
    return missing <= 0 ? 0 : (long) Math.ceil(missing * NANOS_PER_MINUTE / limit);
  }

  long nanosUntilFull() {
    return nanosUntil(capacity);
  }

  long remaining() {
    return Math.max(0, (long) Math.floor(level + Math.max(0, (double) limit - capacity) + 1e-6));
  }
}
