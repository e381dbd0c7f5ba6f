package io.millrace.api.bulk;

import io.millrace.api.problem.Problem;
import io.millrace.api.problem.Refused;
import io.millrace.api.wake.Waiters;
import io.millrace.db.batch.Batches;
import io.millrace.db.job.BatchItems;
import io.millrace.job.BatchId;
import io.millrace.job.JobId;

/** Does to batches what their callers ask; the greater part of it is left to the workers. */
final class ControlBatches {

  /** Queued items that are canceled at once. */
  private static final int PORTION = 500;

  private final Batches batches;
  private final BatchItems items;
  private final Waiters waiters;

  ControlBatches(Batches batches, BatchItems items, Waiters waiters) {
    this.batches = batches;
    this.items = items;
    this.waiters = waiters;
  }

  /** Nothing where it is over, or was canceled before. */
  void cancel(int tenant, BatchId id) {
    if (batches.cancel(tenant, id)) {
      for (JobId job : items.cancelQueued(id, PORTION)) {
        waiters.wake(job);
      }
    }
  }

  void delete(int tenant, BatchId id) {
    switch (batches.delete(tenant, id)) {
      case DELETED -> {}
      case NOT_ENDED ->
          throw new Refused(
              Problem.invalidRequest(
                  "The batch is still in progress: only one that has ended can be deleted; cancel it first"));
      case UNKNOWN -> throw BatchController.unknown();
    }
  }
}
