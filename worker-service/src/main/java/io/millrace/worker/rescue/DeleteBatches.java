package io.millrace.worker.rescue;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.db.job.BatchItems;
import io.millrace.job.BatchId;
import io.millrace.telemetry.Metric;
import java.time.Duration;

/** Deletes the jobs of batches that were deleted. Any number of workers may do so. */
final class DeleteBatches {

  private static final int BATCHES = 100;
  private static final int PORTION = 500;
  private static final Duration PAUSE = Duration.ofSeconds(5);

  private final BatchItems items;
  private final Counter deleted;

  DeleteBatches(BatchItems items, MeterRegistry meters) {
    this.items = items;
    this.deleted =
        Counter.builder(Metric.BULK_DELETED.meter())
            .description(Metric.BULK_DELETED.description())
            .register(meters);
  }

  /** One round; a loop's body. */
  Duration once() {
    boolean more = false;
    for (BatchId batch : items.deleted(BATCHES)) {
      int found = items.deletePortion(batch, PORTION);
      if (found > 0) {
        deleted.increment(found);
        more = true;
      }
    }
    return more ? Duration.ZERO : PAUSE;
  }
}
