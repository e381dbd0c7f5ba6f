package io.millrace.api.live;

import io.millrace.api.live.LiveStream.Ending;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * How long a stream may live: not the same for all that came at once, and no longer than the key
 * that opened it. For one stream's thread.
 */
final class Life {

  private static final long ASK_AGAIN = Duration.ofSeconds(5).toNanos();

  private final long end;
  private final BooleanSupplier keyIsKnown;
  private long askedAt = System.nanoTime();

  private Life(long end, BooleanSupplier keyIsKnown) {
    this.end = end;
    this.keyIsKnown = keyIsKnown;
  }

  /** From now on, that long or up to a tenth less. */
  static Life of(Duration longest, BooleanSupplier keyIsKnown) {
    double share = 1 - ThreadLocalRandom.current().nextDouble(0.1);
    return new Life(System.nanoTime() + (long) (longest.toNanos() * share), keyIsKnown);
  }

  /** Why it is over; null while it is not. */
  @Nullable Ending over() {
    long now = System.nanoTime();
    if (now - end >= 0) {
      return Ending.MAX_AGE;
    }
    if (now - askedAt >= ASK_AGAIN) {
      askedAt = now;
      return keyIsKnown.getAsBoolean() ? null : Ending.KEY_REVOKED;
    }
    return null;
  }
}
