package io.millrace.cli.bench;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** The one clock that every process of this machine shares, in microseconds since the epoch. */
final class WallClock {

  private WallClock() {}

  static long micros() {
    return micros(Instant.now());
  }

  static long micros(Instant instant) {
    return ChronoUnit.MICROS.between(Instant.EPOCH, instant);
  }

  /** Waits until that moment. */
  static void await(long micros) throws InterruptedException {
    for (long left = micros - micros(); left > 0; left = micros - micros()) {
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
      LockSupport.parkNanos(TimeUnit.MICROSECONDS.toNanos(left));
    }
  }

  static void pass(Duration duration) throws InterruptedException {
    await(micros() + TimeUnit.NANOSECONDS.toMicros(duration.toNanos()));
  }
}
