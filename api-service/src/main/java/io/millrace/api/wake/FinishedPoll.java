package io.millrace.api.wake;

import io.millrace.job.JobId;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import org.jooq.exception.DataAccessException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Asks once a second, for all who wait together, which of their jobs have ended. */
final class FinishedPoll implements Runnable {

  private static final Logger log = LoggerFactory.getLogger(FinishedPoll.class);
  private static final Duration PERIOD = Duration.ofSeconds(1);

  private final Waiters waiters;
  private final FinishedJobs finished;
  private volatile boolean stopped;
  private volatile long workedAt = System.nanoTime();

  FinishedPoll(Waiters waiters, FinishedJobs finished) {
    this.waiters = waiters;
    this.finished = finished;
  }

  /** The {@link System#nanoTime} at which it last did its work. */
  long workedAt() {
    return workedAt;
  }

  /** Ends the run soon; the caller wakes its thread. */
  void stop() {
    stopped = true;
  }

  @Override
  public void run() {
    while (!stopped) {
      LockSupport.parkNanos(PERIOD.toNanos());
      Set<JobId> ids = waiters.ids();
      if (ids.isEmpty() || wakeFinished(ids)) {
        workedAt = System.nanoTime();
      }
    }
  }

  private boolean wakeFinished(Set<JobId> ids) {
    try {
      finished.among(ids).forEach(waiters::wake);
      return true;
    } catch (DataAccessException databaseAway) {
      // Those who wait go on waiting; each is answered by its own read at the end.
      log.debug("cannot ask which jobs have ended", databaseAway);
      return false;
    }
  }
}
