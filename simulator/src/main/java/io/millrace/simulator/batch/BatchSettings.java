package io.millrace.simulator.batch;

import io.millrace.simulator.timing.Distribution;
import java.time.Duration;

/**
 * How batches go.
 *
 * @param time how long a batch takes, in milliseconds by the simulator's clock; its items are
 *     finished evenly over it
 * @param factor how much faster than in reality it goes: divides {@code time}, the 24 hours after
 *     which a batch expires and the 29 days after which it is archived
 * @param inFlight how many items still finish after a cancel
 * @param canceling how long those take
 * @param notFound how long after its creation a batch is not found by its id
 * @param unlisted how long after its creation a batch is missing in the list
 */
public record BatchSettings(
    Distribution time,
    double factor,
    int inFlight,
    Duration canceling,
    Duration notFound,
    Duration unlisted) {
  private static final Duration EXPIRES = Duration.ofHours(24);
  private static final Duration ARCHIVED = Duration.ofDays(29);

  public BatchSettings {
    if (!(factor > 0) || inFlight < 0) {
      throw new IllegalArgumentException(
          "factor %s or in_flight %d is out of range".formatted(factor, inFlight));
    }
  }

  /** For tests: finished at once. */
  public static BatchSettings defaults() {
    return new BatchSettings(
        new Distribution.Fixed(0), 1, 20, Duration.ofMillis(100), Duration.ZERO, Duration.ZERO);
  }

  /** For people who try things out: about half a minute. */
  public static BatchSettings local() {
    return defaults()
        .withTime(new Distribution.LogNormal(30_000, 0.4))
        .withCanceling(Duration.ofSeconds(2));
  }

  public BatchSettings withTime(Distribution millis) {
    return new BatchSettings(millis, factor, inFlight, canceling, notFound, unlisted);
  }

  public BatchSettings withTime(Duration fixed) {
    return withTime(new Distribution.Fixed(fixed.toMillis()));
  }

  public BatchSettings withFactor(double changed) {
    return new BatchSettings(time, changed, inFlight, canceling, notFound, unlisted);
  }

  public BatchSettings withInFlight(int changed) {
    return new BatchSettings(time, factor, changed, canceling, notFound, unlisted);
  }

  public BatchSettings withCanceling(Duration changed) {
    return new BatchSettings(time, factor, inFlight, changed, notFound, unlisted);
  }

  public BatchSettings withNotFound(Duration changed) {
    return new BatchSettings(time, factor, inFlight, canceling, changed, unlisted);
  }

  public BatchSettings withUnlisted(Duration changed) {
    return new BatchSettings(time, factor, inFlight, canceling, notFound, changed);
  }

  long expiresAfterNanos() {
    return (long) (EXPIRES.toNanos() / factor);
  }

  long archivedAfterNanos() {
    return (long) (ARCHIVED.toNanos() / factor);
  }
}
