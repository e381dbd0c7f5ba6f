package io.millrace.worker.rescue;

import io.millrace.db.job.BatchItems;
import io.millrace.job.BatchId;
import java.time.Duration;

/**
 * Cancels what is queued of batches that were canceled, and asks for what provider batches hold.
 * Calls that are under way are let finish; one that comes back to the queue is met by a later
 * round.
 */
final class CancelBatches {

  private static final int PORTION = 1_000;
  private static final Duration PAUSE = Duration.ofMillis(500);
  private static final Duration IDLE = Duration.ofSeconds(1);

  private final BatchItems items;

  CancelBatches(BatchItems items) {
    this.items = items;
  }

  /** One round; a loop's body. */
  Duration once() {
    boolean more = false;
    var canceling = items.canceling();
    for (BatchId batch : canceling) {
      int canceled = items.cancelQueued(batch, PORTION).size();
      int marked = items.markHeld(batch, PORTION);
      more |= canceled == PORTION || marked == PORTION;
    }
    return more ? Duration.ZERO : canceling.isEmpty() ? IDLE : PAUSE;
  }
}
