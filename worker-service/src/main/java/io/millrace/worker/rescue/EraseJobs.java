package io.millrace.worker.rescue;

import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.db.job.Erasures;
import io.millrace.db.job.Erasures.Batch;
import io.millrace.db.job.Erasures.Bounds;
import io.millrace.telemetry.Metric;
import java.time.Duration;

/** Erases the text of jobs of which nothing is to be kept. Any number of workers may do so. */
final class EraseJobs {

  private static final int BATCH = 200;
  private static final Duration PAUSE = Duration.ofSeconds(5);

  private final Erasures erasures;
  private final Bounds bounds;
  private final MeterRegistry meters;

  EraseJobs(Erasures erasures, Bounds bounds, MeterRegistry meters) {
    this.erasures = erasures;
    this.bounds = bounds;
    this.meters = meters;
  }

  /** One round; a loop's body. */
  Duration once() {
    Batch handedOver = erasures.eraseHandedOver(bounds, BATCH);
    Batch unfetched = erasures.eraseUnfetched(bounds, BATCH);
    count("handed_over", handedOver);
    count("unfetched", unfetched);
    // A batch of which others erased everything meanwhile is no reason to hurry.
    return isMoreToCome(handedOver) || isMoreToCome(unfetched) ? Duration.ZERO : PAUSE;
  }

  private static boolean isMoreToCome(Batch batch) {
    return batch.found() == BATCH && batch.erased() > 0;
  }

  private void count(String reason, Batch batch) {
    if (batch.erased() > 0) {
      meters.counter(Metric.JOBS_ERASED.meter(), "reason", reason).increment(batch.erased());
    }
  }
}
