package io.millrace.worker.rescue;

import io.micrometer.core.instrument.MeterRegistry;
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
  private final MeterRegistry meters;

  Announce(Announcements announcements, JobEvents events, MeterRegistry meters) {
    this.announcements = announcements;
    this.events = events;
    this.meters = meters;
  }

  /** Publishes one batch; a loop's body. */
  Duration once() {
    var taken = announcements.take(BATCH);
    for (var job : taken) {
      events.publish(JobEvent.of(job.id(), job.tenantId(), job.state()));
      meters.counter("millrace.jobs.announced", "state", job.state().wireName()).increment();
    }
    return taken.size() == BATCH ? Duration.ZERO : PAUSE;
  }
}
