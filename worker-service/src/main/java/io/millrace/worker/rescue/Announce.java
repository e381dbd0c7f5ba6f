package io.millrace.worker.rescue;

import io.millrace.db.job.Announcements;
import io.millrace.worker.events.JobEvent;
import io.millrace.worker.events.JobEvents;
import java.time.Duration;

/** Publishes what callers did to jobs that no worker held: canceled them, or queued them again. */
final class Announce {

  private static final int BATCH = 1_000;
  private static final Duration PAUSE = Duration.ofMillis(500);

  private final Announcements announcements;
  private final JobEvents events;

  Announce(Announcements announcements, JobEvents events) {
    this.announcements = announcements;
    this.events = events;
  }

  /** Publishes one batch; a loop's body. */
  Duration once() {
    var taken = announcements.take(BATCH);
    taken.forEach(job -> events.publish(new JobEvent(job.id(), job.tenantId(), job.state())));
    return taken.size() == BATCH ? Duration.ZERO : PAUSE;
  }
}
