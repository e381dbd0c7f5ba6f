package io.millrace.worker.rescue;

import io.millrace.db.job.HeldJobs;
import io.millrace.worker.execute.Executions;
import io.millrace.worker.lease.Lease;
import java.time.Duration;

/**
 * Asks which of the jobs held here their callers want to end, and stops the work on them. It asks
 * the store, twice a second, rather than being told: what is asked cannot be missed.
 */
final class HeedCancels {

  private static final Duration PAUSE = Duration.ofMillis(500);

  private final HeldJobs jobs;
  private final Lease lease;
  private final Executions executions;

  HeedCancels(HeldJobs jobs, Lease lease, Executions executions) {
    this.jobs = jobs;
    this.lease = lease;
    this.executions = executions;
  }

  /** Asks once; a loop's body. */
  Duration once() {
    if (executions.held() > 0) {
      lease.incarnation().ifPresent(worker -> executions.cancel(jobs.cancelRequested(worker)));
    }
    return PAUSE;
  }
}
