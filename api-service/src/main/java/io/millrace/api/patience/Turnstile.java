package io.millrace.api.patience;

import io.millrace.api.problem.Refused;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Lets a few questions at a time through to the store, in the order of their arrival, however many
 * come at once: the connections that are left serve everybody else, and nobody's patience with the
 * store runs out while it only waits for its turn.
 */
public final class Turnstile {

  /** Thousands take seconds; for longer only a store waits that does not answer. */
  private static final Duration LONGEST = Duration.ofSeconds(30);

  private final Semaphore places;

  /** For {@code atOnce} questions at once. */
  public Turnstile(int atOnce) {
    this.places = new Semaphore(atOnce, true);
  }

  /**
   * What {@code question} answers within {@code atMost} of its turn. It keeps its place for as long
   * as it runs, also where it was given up.
   *
   * @throws Refused with 503 where no turn and no answer came in time
   */
  public <T> T within(Duration atMost, Supplier<T> question) throws InterruptedException {
    if (!places.tryAcquire(LONGEST.toNanos(), TimeUnit.NANOSECONDS)) {
      throw new Refused(Patience.storeSilent());
    }
    return Patience.within(
        atMost,
        () -> {
          try {
            return question.get();
          } finally {
            places.release();
          }
        });
  }
}
