package io.millrace.testkit;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;

/** A clock that stands still until it is moved; any thread may read or move it. */
public final class MutableClock extends Clock {

  /** The instant that all views of one clock share. */
  private static final class Now {
    private Instant instant;

    private Now(Instant start) {
      this.instant = start;
    }

    private synchronized Instant get() {
      return instant;
    }

    private synchronized void set(Instant other) {
      instant = other;
    }

    private synchronized void move(Duration amount) {
      instant = instant.plus(amount);
    }
  }

  private final Now now;
  private final ZoneId zone;

  private MutableClock(Now now, ZoneId zone) {
    this.now = now;
    this.zone = zone;
  }

  public static MutableClock at(Instant start) {
    return new MutableClock(new Now(start), ZoneOffset.UTC);
  }

  /** Moves the clock by so much, and back by a negative amount. */
  public void advance(Duration amount) {
    now.move(amount);
  }

  public void set(Instant instant) {
    now.set(instant);
  }

  @Override
  public Instant instant() {
    return now.get();
  }

  @Override
  public ZoneId getZone() {
    return zone;
  }

  /** The same clock seen from another zone: moving one moves the other. */
  @Override
  public Clock withZone(ZoneId other) {
    return new MutableClock(now, other);
  }
}
