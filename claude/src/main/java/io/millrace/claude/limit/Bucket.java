package io.millrace.claude.limit;

/**
 * One continuously refilled bucket. Time is passed in, in nanoseconds of any clock that never goes
 * back. Not thread-safe.
 */
final class Bucket {
  private static final double NANOS_PER_MINUTE = 60e9;

  private final double perNano;
  private final double capacity;
  private double level;
  private long at;

  Bucket(long perMinute, double capacity, long now) {
    this.perNano = perMinute / NANOS_PER_MINUTE;
    this.capacity = capacity;
    this.level = capacity;
    this.at = now;
  }

  /** How long until the amount can be taken; 0 if it can be now. */
  long nanosUntil(double amount, long now) {
    refill(now);
    double missing = needed(amount) - level;
    return missing <= 0 ? 0 : (long) Math.ceil(missing / perNano);
  }

  /** Takes the amount, into debt if it is larger than the bucket. */
  void take(double amount, long now) {
    refill(now);
    level -= amount;
  }

  void giveBack(double amount, long now) {
    refill(now);
    level = Math.min(capacity, level + amount);
  }

  void empty(long now) {
    refill(now);
    level = Math.min(level, 0);
  }

  /** How much can be taken by a later moment, if nothing is taken until then. */
  double within(long nanos, long now) {
    refill(now);
    return Math.max(0, level + nanos * perNano);
  }

  // What is larger than the bucket goes when the bucket is full.
  private double needed(double amount) {
    return Math.min(amount, capacity);
  }

  private void refill(long now) {
    if (now > at) {
      level = Math.min(capacity, level + (now - at) * perNano);
      at = now;
    }
  }
}
