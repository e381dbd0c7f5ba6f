package io.millrace.worker.rescue;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.db.job.QueuedJobs;
import io.millrace.job.JobState;
import io.millrace.telemetry.Metric;
import io.millrace.worker.events.JobEvent;
import io.millrace.worker.events.JobEvents;
import java.time.Duration;

/** Ends queued jobs whose deadline has passed; a running job's worker does that itself. */
final class ExpireJobs {

  private static final int BATCH = 1_000;
  private static final Duration PAUSE = Duration.ofSeconds(1);

  private final QueuedJobs jobs;
  private final JobEvents events;
  private final Counter expired;

  ExpireJobs(QueuedJobs jobs, JobEvents events, MeterRegistry meters) {
    this.jobs = jobs;
    this.events = events;
    this.expired = meters.counter(Metric.JOBS_EXPIRED.meter());
  }

  /** Expires one batch; a loop's body. */
  Duration once() {
    var met = jobs.expire(BATCH);
    var ended = met.stream().filter(job -> job.state() == JobState.EXPIRED).toList();
    ended.forEach(job -> events.publish(JobEvent.of(job.id(), job.tenantId(), job.state())));
    expired.increment(ended.size());
    return met.size() == BATCH ? Duration.ZERO : PAUSE;
  }
}
