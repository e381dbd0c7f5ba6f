package io.millrace.worker.execute;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.db.job.Settlement;
import io.millrace.db.job.Settlement.Effect.Finish;
import io.millrace.db.job.Settlements;
import io.millrace.db.job.Settlements.Settled;
import io.millrace.db.sql.GroupCommit;
import io.millrace.db.sql.PatientCommit;
import io.millrace.job.JobState;
import io.millrace.telemetry.Metric;
import io.millrace.worker.events.JobEvent;
import io.millrace.worker.events.JobEvents;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes outcomes durable, in transactions shared by all who record at the time, and then tells the
 * world. While PostgreSQL is away an outcome waits in memory, since it may have been paid for; the
 * number of those is bounded by the slots.
 */
public final class RecordOutcome implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(RecordOutcome.class);
  private static final Duration BUSY_PACE = Duration.ofMillis(10);

  private final PatientCommit<Settlement, Settled> commits;
  private final JobEvents events;
  private final Consumer<Settlement> recorded;
  private final MeterRegistry meters;
  private final Counter fencedOut;
  private final Counter unrecorded;

  /**
   * @param recorded is told of each settlement that is durable
   */
  public RecordOutcome(
      Settlements settlements,
      JobEvents events,
      Consumer<Settlement> recorded,
      MeterRegistry meters,
      RandomGenerator random) {
    this.events = events;
    this.recorded = recorded;
    this.meters = meters;
    this.unrecorded = meters.counter(Metric.OUTCOMES_UNRECORDED.meter());
    this.fencedOut = meters.counter(Metric.OUTCOMES_FENCED_OUT.meter());
    this.commits =
        new PatientCommit<>(
            new GroupCommit<>(
                "millrace-record",
                new GroupCommit.Limits(100_000, 250, 16L << 20, 2, BUSY_PACE),
                RecordOutcome::bytes,
                settlements::settle),
            PatientCommit.FOREVER,
            random,
            this::refused);
    Gauge.builder(Metric.OUTCOMES_WAITING.meter(), commits, PatientCommit::depth).register(meters);
  }

  /**
   * Records one outcome and returns when it is durable, however long PostgreSQL takes.
   *
   * @return whether it was applied; false also where this process closes down before it could be
   *     recorded, which leaves the job to the rescue
   */
  public boolean record(Settlement settlement) {
    var settled = commits.commit(settlement);
    settled.ifPresent(fate -> {
      tell(settlement, fate);
      recorded.accept(settlement);
    });
    return settled.map(Settled::applied).orElse(false);
  }

  /**
   * Records these and returns when all are durable, or at once where the caller is interrupted: one
   * thread each, so that they share transactions.
   */
  public void recordAll(List<Settlement> settlements) {
    List<Thread> recording =
        settlements.stream()
            .map(settlement -> Thread.startVirtualThread(() -> record(settlement)))
            .toList();
    for (Thread thread : recording) {
      try {
        thread.join();
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  private void refused(Settlement settlement, RuntimeException failure) {
    unrecorded.increment();
    log.error(
        "The outcome of {} cannot be stored; the job stays running until its deadline ends it",
        settlement.job().id(),
        failure);
  }

  /** Commits what was handed over, then refuses more. */
  @Override
  public void close() {
    commits.close();
  }

  private void tell(Settlement settlement, Settled settled) {
    var job = settlement.job();
    if (!settled.applied()) {
      fencedOut.increment();
      log.info(
          "{} was taken from this worker before its outcome (attempt {}, claim {}) was recorded; the call is in the"
              + " books, the outcome is not used",
          job.id(),
          settlement.call() == null ? "none" : settlement.call().no(),
          job.fence().claimNo());
      return;
    }
    if (!settled.state().isFinal()) {
      return;
    }
    meters
        .counter(
            Metric.JOBS_FINISHED.meter(),
            "pool",
            job.pool(),
            "lane",
            job.lane().wireName(),
            "state",
            settled.state().wireName())
        .increment();
    events.publish(
        new JobEvent(job.id(), job.tenantId(), settled.state(), details(settlement, settled)));
    if (settled.state() == JobState.FAILED
        && settlement.effect() instanceof Finish finish
        && finish.failureCode() != null) {
      log.warn(
          "{} failed for good with {} after {} calls; replay it once the cause is gone",
          job.id(),
          finish.failureCode(),
          settlement.call() == null ? job.attempts() : settlement.call().no());
      events.deadLetter(settlement, finish.failureCode());
    }
  }

  private static JobEvent.Details details(Settlement settlement, Settled settled) {
    var job = settlement.job();
    boolean failed = settled.state() == JobState.FAILED;
    return new JobEvent.Details(
        job.lane(),
        job.model(),
        job.feature(),
        settlement.call() == null ? job.attempts() : settlement.call().no(),
        failed && settlement.effect() instanceof Finish finish ? finish.failureCode() : null);
  }

  private static long bytes(Settlement settlement) {
    byte[] body = settlement.effect() instanceof Finish finish ? finish.body() : null;
    return 512L + (body == null ? 0 : body.length);
  }
}
