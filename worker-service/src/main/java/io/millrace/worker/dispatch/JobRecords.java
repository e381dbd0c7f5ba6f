package io.millrace.worker.dispatch;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.db.job.Releases;
import io.millrace.db.job.Releases.Released;
import io.millrace.job.JobId;
import io.millrace.job.Topics;
import io.millrace.telemetry.Metric;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.kafka.KafkaException;
import org.springframework.kafka.core.KafkaTemplate;

/**
 * Puts released jobs on the jobs topic. A record that Kafka did not take brings its job back to the
 * queue with the next round; until Kafka takes one again nothing more is released than a probe a
 * second.
 */
final class JobRecords {

  private static final Logger log = LoggerFactory.getLogger(JobRecords.class);
  private static final long PROBE_NANOS = Duration.ofSeconds(1).toNanos();

  private final KafkaTemplate<String, byte[]> kafka;
  private final Releases releases;
  private final LongSupplier nanoTime;
  private final ConcurrentLinkedQueue<JobId> unsent = new ConcurrentLinkedQueue<>();
  private final Counter failures;
  private volatile boolean broken;
  private long probedAt;

  JobRecords(
      KafkaTemplate<String, byte[]> kafka,
      Releases releases,
      LongSupplier nanoTime,
      MeterRegistry meters) {
    this.kafka = kafka;
    this.releases = releases;
    this.nanoTime = nanoTime;
    this.failures = meters.counter(Metric.DISPATCH_UNSENT.meter());
  }

  /** Hands the records to the producer, in order, without waiting for their acknowledgement. */
  void produce(List<Released> jobs) {
    boolean refused = false;
    for (Released job : jobs) {
      // A producer that refused one record would make each further one wait for its bound.
      refused = refused || !produce(job);
      if (refused) {
        acknowledged(job.job().id(), false);
      }
    }
  }

  private boolean produce(Released job) {
    var id = job.job().id();
    try {
      var _ =
          kafka
              .send(
                  Topics.JOBS,
                  id.toString(),
                  job.job().encode().getBytes(StandardCharsets.US_ASCII))
              .whenComplete((sent, failure) -> acknowledged(id, failure == null));
      return true;
    } catch (KafkaException refused) {
      return false;
    }
  }

  /** Jobs that may be released now: any number, or while Kafka takes nothing one a second. */
  int allowance() {
    if (!broken) {
      return Integer.MAX_VALUE;
    }
    long now = nanoTime.getAsLong();
    if (now - probedAt < PROBE_NANOS) {
      return 0;
    }
    probedAt = now;
    return 1;
  }

  /** Brings the jobs back whose records Kafka did not take. */
  void takeBackUnsent() {
    List<JobId> ids = new ArrayList<>();
    for (JobId id = unsent.poll(); id != null; id = unsent.poll()) {
      ids.add(id);
    }
    if (!ids.isEmpty()) {
      releases.takeBack(ids);
    }
  }

  private void acknowledged(JobId id, boolean taken) {
    if (taken) {
      if (broken) {
        broken = false;
        log.info("Kafka takes records again; dispatch goes on");
      }
      return;
    }
    failures.increment();
    unsent.add(id);
    if (!broken) {
      broken = true;
      log.warn(
          "Kafka does not take records: jobs stay queued in PostgreSQL and are released when it does");
    }
  }
}
