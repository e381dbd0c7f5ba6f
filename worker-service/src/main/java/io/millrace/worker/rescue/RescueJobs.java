package io.millrace.worker.rescue;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.claude.call.AbortReason;
import io.millrace.claude.classify.Outcome;
import io.millrace.db.job.HeldJobs;
import io.millrace.db.job.HeldJobs.Held;
import io.millrace.db.job.Settlement;
import io.millrace.db.job.Settlement.Effect;
import io.millrace.db.job.Settlement.Effect.Finish;
import io.millrace.db.job.Settlement.Effect.Requeue;
import io.millrace.db.worker.Workers;
import io.millrace.db.worker.Workers.Beat;
import io.millrace.failure.FailureCode;
import io.millrace.job.JobState;
import io.millrace.telemetry.Metric;
import io.millrace.worker.execute.CallRows;
import io.millrace.worker.execute.Judgement;
import io.millrace.worker.execute.RecordOutcome;
import io.millrace.worker.lease.LeaseSettings;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes jobs from workers that are gone. Any number of rescuers may run: each job is taken by one
 * guarded settlement, exactly as its own worker would have given it back.
 *
 * <p>A worker is lost when its heartbeat stood still for a full lease during which this process
 * could see the database all the time and write its own: a heartbeat that could not be written
 * because PostgreSQL was away, was restarted, or had no space left, counts for nothing. A job whose
 * call may have been under way gets the attempt row that its worker could not write, as ambiguous.
 */
public final class RescueJobs {

  private static final Logger log = LoggerFactory.getLogger(RescueJobs.class);
  private static final int BATCH = 500;

  private final Workers workers;
  private final HeldJobs heldJobs;
  private final CallRows rows;
  private final Judgement judgement;
  private final RecordOutcome recorder;
  private final Times times;
  private final Counter rescued;
  private final Counter lost;
  private final Map<UUID, Sighting> sightings = new HashMap<>();
  private Instant serverStart = Instant.MIN;
  private long lookedAt;

  /**
   * The clocks, how long silence and lateness may last, and whether this worker's own heartbeats go
   * through.
   */
  record Times(
      LeaseSettings lease,
      Duration lateness,
      Clock clock,
      LongSupplier nanoTime,
      BooleanSupplier beating) {}

  private record Sighting(Instant heartbeat, long since) {}

  RescueJobs(
      Workers workers,
      HeldJobs heldJobs,
      CallRows rows,
      Judgement judgement,
      RecordOutcome recorder,
      Times times,
      MeterRegistry meters) {
    this.workers = workers;
    this.heldJobs = heldJobs;
    this.rows = rows;
    this.judgement = judgement;
    this.recorder = recorder;
    this.times = times;
    this.lost = meters.counter(Metric.WORKERS_LOST.meter());
    this.rescued = meters.counter(Metric.JOBS_RESCUED.meter());
  }

  /** Looks once; a loop's body. */
  Duration once() {
    declareLost();
    for (UUID stranger : heldJobs.strangers()) {
      rescue(stranger);
    }
    endOverdue();
    return times.lease().lease().dividedBy(5);
  }

  private void declareLost() {
    long before = times.nanoTime().getAsLong();
    var roll = workers.roll();
    // Only here: a look that failed has seen nothing, and its time is part of the gap.
    long after = times.nanoTime().getAsLong();
    boolean gap = after - lookedAt > times.lease().lease().toNanos() / 2;
    lookedAt = after;
    if (!roll.serverStart().equals(serverStart) || gap || !times.beating().getAsBoolean()) {
      // The database was away or takes no writes, or we did not look: nobody's silence is known any
      // more.
      sightings.clear();
      serverStart = roll.serverStart();
    }
    sightings
        .keySet()
        .retainAll(roll.workers().stream().filter(worker -> !worker.lost()).map(Beat::id).toList());
    for (Beat worker : roll.workers()) {
      if (!worker.lost()) {
        judgeSilence(worker, before, after);
      }
    }
  }

  // Silent at least from the end of the look that first saw the heartbeat to the start of this one.
  private void judgeSilence(Beat worker, long before, long after) {
    var seen = sightings.get(worker.id());
    if (seen == null || !seen.heartbeat().equals(worker.heartbeatAt())) {
      sightings.put(worker.id(), new Sighting(worker.heartbeatAt(), after));
    } else if (before - seen.since() > times.lease().lease().toNanos()
        && workers.declareLost(worker.id(), worker.heartbeatAt())) {
      lost.increment();
      log.warn(
          "Worker {} ({}) has been silent for more than its lease of {} s and is taken for lost; its jobs go to others",
          worker.name(),
          worker.id(),
          times.lease().lease().toSeconds());
    }
  }

  private void rescue(UUID workerId) {
    int sum = 0;
    List<Held> held;
    do {
      held = heldJobs.heldBy(workerId, BATCH);
      recorder.recordAll(held.stream().map(this::takeBack).toList());
      sum += held.size();
    } while (held.size() == BATCH);
    if (sum > 0) {
      rescued.increment(sum);
      log.warn("{} jobs of the lost worker {} were taken back", sum, workerId);
    }
  }

  private void endOverdue() {
    List<Held> overdue = heldJobs.overdue(times.lateness(), BATCH);
    recorder.recordAll(
        overdue.stream()
            .map(held -> settlement(held, new Finish(JobState.EXPIRED, null, null)))
            .toList());
  }

  private Settlement takeBack(Held held) {
    var job = held.job();
    if (!job.sending()) {
      return settlement(held, new Requeue(Duration.ZERO));
    }
    var outcome =
        new Outcome.Ambiguous(
            new Outcome.Fault(
                FailureCode.LEASE_LOST, FailureCode.LEASE_LOST.description(), null, null));
    var abort = held.cancelRequested() ? AbortReason.CANCEL : null;
    var verdict =
        judgement.of(job, outcome, job.countedAttempts() + 1, job.untilExpiry(), abort, false);
    return settlement(held, verdict.effect());
  }

  private Settlement settlement(Held held, Effect effect) {
    var job = held.job();
    return new Settlement(job, job.sending() ? presumed(held) : null, effect);
  }

  private Settlement.Call presumed(Held held) {
    var now = times.clock().instant();
    return held.inBatch()
        ? rows.presumedInBatch(held.job(), held.sendingSince(), now, FailureCode.BATCH_TOO_SLOW)
        : rows.presumed(held.job(), held.sendingSince(), now, FailureCode.LEASE_LOST);
  }
}
