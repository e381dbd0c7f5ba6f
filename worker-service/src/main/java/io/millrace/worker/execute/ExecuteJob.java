package io.millrace.worker.execute;

import io.millrace.claude.call.AbortReason;
import io.millrace.claude.call.Reply;
import io.millrace.claude.classify.Outcome;
import io.millrace.claude.limit.Permit;
import io.millrace.claude.trace.Traces;
import io.millrace.db.job.Settlement;
import io.millrace.db.job.Settlement.Effect;
import io.millrace.db.job.Settlement.Effect.Finish;
import io.millrace.db.job.Settlement.Effect.Keep;
import io.millrace.db.job.Settlement.Effect.Requeue;
import io.millrace.failure.FailureCode;
import io.millrace.job.JobState;
import io.millrace.telemetry.LogFields;
import io.millrace.worker.execute.Judgement.Verdict;
import io.millrace.worker.lease.Lease;
import io.millrace.worker.telemetry.Hops;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.slf4j.MDC;

/**
 * Brings one held job to an outcome: admission, mark, call, judgement, record; again while the
 * retries are short. Every way out records exactly one settlement that ends the claim.
 */
final class ExecuteJob {

  private static final Duration NO_HURRY = Duration.ofSeconds(1);

  private final Admissions admissions;
  private final SendingMarks marks;
  private final ClaudeCalls claude;
  private final CallRows rows;
  private final Judgement judgement;
  private final RecordOutcome recorder;
  private final Times times;

  /**
   * The worker's lease and clocks: what decides whether there is still time to act; and who is told
   * how long it took and how it ended.
   */
  record Times(
      Lease lease,
      Clock clock,
      LongSupplier nanoTime,
      Hops hops,
      ClaudeContact contact,
      CallGuard guard,
      Traces traces) {}

  ExecuteJob(
      Admissions admissions,
      SendingMarks marks,
      ClaudeCalls claude,
      CallRows rows,
      Judgement judgement,
      RecordOutcome recorder,
      Times times) {
    this.admissions = admissions;
    this.marks = marks;
    this.claude = claude;
    this.rows = rows;
    this.judgement = judgement;
    this.recorder = recorder;
    this.times = times;
  }

  void execute(Execution execution) throws InterruptedException {
    try (var trace =
        JobTrace.begin(times.traces(), execution.job(), execution.payload().traceParent())) {
      execution.tracedBy(trace);
      long since = execution.claimedNanos();
      while (once(execution, since)) {
        since = now();
      }
    }
  }

  private boolean once(Execution execution, long since) throws InterruptedException {
    Optional<Permit> permit;
    try (var _ = execution.trace().admission()) {
      permit = admit(execution);
    }
    if (permit.isEmpty()) {
      return false;
    }
    long admitted = now();
    times.hops().admitted(execution.job(), admitted - since);
    var entry = times.guard().enter(execution.job());
    if (entry.isEmpty()) {
      admissions.giveBack(permit.get());
      record(execution, new Requeue(untilFit(execution)));
      return false;
    }
    try (var entered = entry.get()) {
      if (!maySend(execution)) {
        admissions.giveBack(permit.get());
        record(execution, new Requeue(Duration.ZERO));
        return false;
      }
      if (!admissions.isTime(execution, permit.get())) {
        admissions.forfeit(permit.get());
        return true;
      }
      return call(execution, permit.get(), entered, admitted);
    }
  }

  /** Waits for the rate as long as that makes sense; else gives the job up and answers empty. */
  private Optional<Permit> admit(Execution execution) throws InterruptedException {
    while (true) {
      var end = endBeforeCall(execution);
      if (end.isPresent()) {
        record(execution, end.get());
        return Optional.empty();
      }
      switch (admissions.admit(execution, () -> unmark(execution))) {
        case Admissions.Go(var permit) -> {
          return Optional.of(permit);
        }
        case Admissions.GoAway(var delay) -> {
          record(execution, new Requeue(delay));
          return Optional.empty();
        }
        case Admissions.Stopped() -> {}
      }
    }
  }

  private Optional<Effect> endBeforeCall(Execution execution) {
    var abort = execution.abortReason();
    if (abort.isPresent()) {
      return Optional.of(
          abort.get() == AbortReason.CANCEL
              ? new Finish(JobState.CANCELED, null, null)
              : new Requeue(Duration.ZERO));
    }
    if (execution.isDraining()) {
      return Optional.of(new Requeue(Duration.ZERO));
    }
    return left(execution).isPositive()
        ? Optional.empty()
        : Optional.of(new Finish(JobState.EXPIRED, null, null));
  }

  // A job that waits is not sending: a worker killed meanwhile must not leave a call that never
  // was.
  private void unmark(Execution execution) {
    if (execution.sending()) {
      recorder.record(new Settlement(execution.job(), null, new Keep()));
      execution.unmarkedSending();
    }
  }

  private boolean maySend(Execution execution) {
    if (!execution.sending()) {
      if (!marks.mark(execution.job().fence())) {
        return false;
      }
      execution.markedSending();
    }
    return times.lease().holds(execution.job().fence().workerId());
  }

  private boolean call(Execution execution, Permit permit, CallGuard.Entry entered, long admitted)
      throws InterruptedException {
    var job = execution.job();
    int no = execution.nextNo();
    MDC.put(LogFields.ATTEMPT, Integer.toString(no));
    var call =
        claude.prepare(
            execution,
            no,
            shorter(job.timeout(), left(execution)),
            () -> times.lease().holds(job.fence().workerId()) && permit.isValid(now()));
    execution.calling(call);
    long began = now();
    permit.begin(began);
    var step = execution.trace().call(job, no);
    var reply = call.execute();
    long ended = now();
    times.contact().saw(reply, execution.abortReason().orElse(null));
    var seen = claude.confirmed(execution, Outcome.of(reply, times.clock().instant()));
    var outcome = admissions.refusedAlone(permit, seen, execution.uncountedAttempts());
    JobTrace.called(step, reply, outcome);
    entered.saw(reply, outcome);
    admissions.settle(job, permit, outcome, reply, Duration.ofNanos(now() - began));
    if (neverBegan(reply)) {
      var end = endBeforeCall(execution);
      record(execution, end.orElse(new Requeue(Duration.ZERO)));
      return false;
    }
    times
        .hops()
        .called(job, no, reply.timings(), began - admitted, began - execution.claimedNanos());
    var row = rows.seen(job, no, reply, outcome, entered.isTrial());
    execution.called(row.counted());
    var verdict = judge(execution, outcome);
    boolean applied = record(execution, new Settlement(job, row, verdict.effect()));
    times.hops().recorded(job, now() - ended);
    if (applied && verdict.effect() instanceof Keep) {
      execution.pause(verdict.pause());
      return true;
    }
    return false;
  }

  // A job that may go elsewhere is left to the dispatcher at once: only ready jobs are rerouted.
  // Others wait for the pool there too, not for the delay.
  private static Duration untilFit(Execution execution) {
    return execution.payload().fallbacks().isEmpty() ? NO_HURRY : Duration.ZERO;
  }

  private Verdict judge(Execution execution, Outcome outcome) {
    return judgement.of(
        execution.job(),
        outcome,
        execution.countedAttempts(),
        left(execution),
        execution.abortReason().orElse(null),
        execution.abortReason().isEmpty() && !execution.isDraining());
  }

  private static boolean neverBegan(Reply reply) {
    return reply instanceof Reply.NothingSent(var code, _, _) && code == FailureCode.ABORTED_UNSENT;
  }

  private void record(Execution execution, Effect effect) {
    record(execution, new Settlement(execution.job(), null, effect));
  }

  private boolean record(Execution execution, Settlement settlement) {
    boolean applied;
    try (var _ = execution.trace().record()) {
      applied = recorder.record(settlement);
    }
    execution.trace().settled(settlement.effect(), applied);
    if (applied && settlement.effect() instanceof Finish finish) {
      times.hops().finished(execution.job(), finish.state(), now() - execution.claimedNanos());
    }
    return applied;
  }

  private long now() {
    return times.nanoTime().getAsLong();
  }

  private Duration left(Execution execution) {
    return execution.untilDeadline(now());
  }

  private static Duration shorter(Duration one, Duration other) {
    var shorter = one.compareTo(other) < 0 ? one : other;
    return shorter.isPositive() ? shorter : Duration.ofMillis(1);
  }
}
