package io.millrace.api.live;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/** How long a stream may live: not the same for all that came at once. */
final class Age {

  private final long end;

  private Age(long end) {
    this.end = end;
  }

  /** From now on, that long or up to a tenth less. */
  static Age of(Duration longest) {
    double share = 1 - ThreadLocalRandom.current().nextDouble(0.1);
    return new Age(System.nanoTime() + (long) (longest.toNanos() * share));
  }

  boolean isOver() {
    return System.nanoTime() - end >= 0;
  }
}
