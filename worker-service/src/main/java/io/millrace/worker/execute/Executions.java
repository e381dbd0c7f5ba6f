package io.millrace.worker.execute;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.claude.call.AbortReason;
import io.millrace.db.job.Claims;
import io.millrace.db.job.Claims.Claimed;
import io.millrace.db.job.Claims.Fence;
import io.millrace.db.job.Claims.Payloads;
import io.millrace.db.job.Settlement;
import io.millrace.db.job.Settlement.Effect.Finish;
import io.millrace.db.job.Settlement.Effect.Requeue;
import io.millrace.db.seal.UnreadableValue;
import io.millrace.failure.FailureCode;
import io.millrace.job.JobState;
import io.millrace.telemetry.LogFields;
import io.millrace.telemetry.Metric;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

/** All jobs that this worker holds, one virtual thread each. */
public final class Executions {

  private static final Logger log = LoggerFactory.getLogger(Executions.class);
  private static final Duration NO_ROOM = Duration.ofSeconds(1);
  private static final Duration AFTER_A_BUG = Duration.ofSeconds(10);
  private static final Duration NO_KEY = Duration.ofMinutes(1);
  private static final Duration POLL = Duration.ofMillis(20);

  private final Claims claims;
  private final Slots slots;
  private final ExecuteJob executeJob;
  private final RecordOutcome recorder;
  private final Admissions admissions;
  private final LongSupplier nanoTime;
  private final Set<Execution> running = ConcurrentHashMap.newKeySet();
  private final Counter bugs;
  private volatile boolean draining;

  Executions(
      Claims claims,
      Slots slots,
      ExecuteJob executeJob,
      RecordOutcome recorder,
      Admissions admissions,
      LongSupplier nanoTime,
      MeterRegistry meters) {
    this.claims = claims;
    this.slots = slots;
    this.executeJob = executeJob;
    this.recorder = recorder;
    this.admissions = admissions;
    this.nanoTime = nanoTime;
    this.bugs = meters.counter(Metric.EXECUTIONS_BROKEN.meter());
    Gauge.builder(Metric.JOBS_HELD.meter(), slots, Slots::used).register(meters);
    Gauge.builder(Metric.JOBS_SLOTS.meter(), slots, Slots::most).register(meters);
  }

  /** Pools whose jobs should be claimed as not yet sending. */
  public List<String> congested() {
    return admissions.congested();
  }

  /**
   * Starts what was claimed. Requests are read within the bound on bytes; a job beyond it goes
   * back.
   *
   * @param claimedNanos a local time before the statement that claimed
   */
  public void start(List<Claimed> claimed, long claimedNanos) {
    List<Claimed> taken = new ArrayList<>(claimed.size());
    for (Claimed job : claimed) {
      if (slots.take(job.paramsBytes())) {
        taken.add(job);
      } else {
        Thread.startVirtualThread(() -> settle(job, new Requeue(NO_ROOM)));
      }
    }
    Payloads payloads;
    try {
      payloads = claims.payloads(taken.stream().map(Claimed::id).toList());
    } catch (RuntimeException failure) {
      log.warn("{} requests could not be read; their jobs go back to the queue", taken.size());
      taken.forEach(job -> giveUp(job, new Requeue(NO_ROOM)));
      throw failure;
    }
    for (Claimed job : taken) {
      var payload = payloads.get(job.id());
      if (payload == null) {
        giveUp(job, without(job, payloads.unreadable().get(job.id())));
      } else {
        var execution = new Execution(job, payload, claimedNanos);
        running.add(execution);
        if (draining) {
          execution.drain();
        }
        Thread.ofVirtual().name(job.id().toString()).start(() -> run(execution));
      }
    }
  }

  /** Stops the work on jobs that their callers canceled, where it still goes on. */
  public void cancel(Set<Fence> fences) {
    if (!fences.isEmpty()) {
      running.stream()
          .filter(execution -> fences.contains(execution.job().fence()))
          .forEach(execution -> execution.abort(AbortReason.CANCEL));
    }
  }

  /** Jobs held now. */
  public int held() {
    return running.size();
  }

  /**
   * Lets running calls end for {@code grace}, then stops them; each job is given back or finished.
   *
   * @return whether everything ended
   */
  public boolean drain(Duration grace) throws InterruptedException {
    draining = true;
    running.forEach(Execution::drain);
    long calling = nanoTime.getAsLong() + grace.toNanos();
    awaitEmpty(calling);
    running.forEach(execution -> execution.abort(AbortReason.DRAIN));
    return awaitEmpty(nanoTime.getAsLong() + Duration.ofSeconds(5).toNanos());
  }

  private boolean awaitEmpty(long until) throws InterruptedException {
    var pause = new Semaphore(0);
    while (!running.isEmpty() && nanoTime.getAsLong() < until) {
      var _ = pause.tryAcquire(POLL.toMillis(), TimeUnit.MILLISECONDS);
    }
    return running.isEmpty();
  }

  private void run(Execution execution) {
    MDC.put(LogFields.JOB_ID, execution.job().id().toString());
    MDC.put(LogFields.TENANT, Integer.toString(execution.job().tenantId()));
    MDC.put(LogFields.WORKER, execution.job().fence().workerId().toString());
    try {
      executeJob.execute(execution);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException | Error bug) {
      bugs.increment();
      log.error(
          "{} met an error of Millrace's own and goes back to the queue for {} s",
          execution.job().id(),
          AFTER_A_BUG.toSeconds(),
          bug);
      settle(execution.job(), new Requeue(AFTER_A_BUG));
    } finally {
      running.remove(execution);
      slots.free(execution.job().paramsBytes());
    }
  }

  private void giveUp(Claimed job, Settlement.Effect effect) {
    Thread.startVirtualThread(() -> {
      try {
        settle(job, effect);
      } finally {
        slots.free(job.paramsBytes());
      }
    });
  }

  private void settle(Claimed job, Settlement.Effect effect) {
    recorder.record(new Settlement(job, null, effect));
  }

  // A job whose request is there and cannot be decrypted is not to blame: no attempt is made and
  // none
  // counted, until its key is back or its deadline has passed, after which it can be replayed.
  private static Settlement.Effect without(Claimed job, @Nullable UnreadableValue unreadable) {
    if (unreadable != null) {
      log.error(
          "{} goes back to the queue for {} s without a call: {}",
          job.id(),
          NO_KEY.toSeconds(),
          unreadable.getMessage());
      return new Requeue(NO_KEY);
    }
    return new Finish(
        JobState.FAILED,
        FailureCode.REQUEST_MISSING.wireName(),
        Judgement.envelope(FailureCode.REQUEST_MISSING.description()));
  }
}
