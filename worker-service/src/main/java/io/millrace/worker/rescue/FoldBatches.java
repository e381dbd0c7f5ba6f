package io.millrace.worker.rescue;

import io.millrace.db.batch.BatchFold;
import java.time.Duration;

/** Sums what came to batches since the last round, and ends those that are over. */
final class FoldBatches {

  private static final int MOST = 20_000;
  private static final Duration PAUSE = Duration.ofMillis(250);
  private static final Duration IDLE = Duration.ofSeconds(1);

  private final BatchFold batches;

  FoldBatches(BatchFold batches) {
    this.batches = batches;
  }

  /** One round; a loop's body. */
  Duration once() {
    if (batches.fold(MOST) >= MOST) {
      return Duration.ZERO;
    }
    return batches.isAnyOpen() ? PAUSE : IDLE;
  }
}
