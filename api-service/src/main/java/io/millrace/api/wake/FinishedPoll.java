package io.millrace.api.wake;

import io.millrace.job.JobId;
import java.time.Duration;
import java.util.Set;

/** Asks once a second, for all who wait together, which of their jobs have ended. */
final class FinishedPoll {

  private static final Duration PERIOD = Duration.ofSeconds(1);

  private final Waiters waiters;
  private final FinishedJobs finished;

  FinishedPoll(Waiters waiters, FinishedJobs finished) {
    this.waiters = waiters;
    this.finished = finished;
  }

  /**
   * Asks once; a loop's body. Where the store is away, those who wait go on waiting; each is
   * answered by its own read at the end.
   */
  Duration once() {
    Set<JobId> ids = waiters.ids();
    if (!ids.isEmpty()) {
      finished.among(ids).forEach(waiters::wake);
    }
    return PERIOD;
  }
}
