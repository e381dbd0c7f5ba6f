package io.millrace.worker.batch;

import static java.util.stream.Collectors.toMap;
import static java.util.stream.Collectors.toSet;

import io.millrace.claude.batch.ResultLine;
import io.millrace.claude.call.AbortReason;
import io.millrace.claude.classify.Outcome;
import io.millrace.db.batch.ProviderBatch;
import io.millrace.db.job.HeldJobs;
import io.millrace.db.job.HeldJobs.Held;
import io.millrace.db.job.HeldJobs.Taken;
import io.millrace.db.job.Settlement;
import io.millrace.db.job.Settlement.Effect;
import io.millrace.db.job.Settlement.Effect.Finish;
import io.millrace.db.job.Settlement.Effect.Requeue;
import io.millrace.failure.FailureCode;
import io.millrace.job.JobId;
import io.millrace.job.JobState;
import io.millrace.worker.execute.CallRows;
import io.millrace.worker.execute.Judgement;
import io.millrace.worker.execute.RecordOutcome;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Takes items out of their provider batch, each by one guarded settlement. Of whoever settles an
 * item the first does; what comes later is put into the books, if it cost something that is not
 * there yet, and changes no job.
 */
final class SettleItems {

  private static final int PORTION = 500;

  private final HeldJobs heldJobs;
  private final CallRows rows;
  private final Judgement judgement;
  private final RecordOutcome recorder;
  private final BatchMeters meters;
  private final Clock clock;

  SettleItems(
      HeldJobs heldJobs,
      CallRows rows,
      Judgement judgement,
      RecordOutcome recorder,
      BatchMeters meters,
      Clock clock) {
    this.heldJobs = heldJobs;
    this.rows = rows;
    this.judgement = judgement;
    this.recorder = recorder;
    this.meters = meters;
    this.clock = clock;
  }

  /** Those of the lines whose requests were sent in this batch, as far as the store knows. */
  Set<JobId> known(ProviderBatch batch, List<ResultLine> lines) {
    var ids = ids(lines).keySet();
    var known = heldJobs.ofBatch(batch.id(), ids).stream().map(h -> h.job().id()).collect(toSet());
    heldJobs.takenFrom(batch.id(), ids).forEach(taken -> known.add(taken.job().id()));
    return known;
  }

  /** Settles what these lines of the batch's results say. */
  void results(ProviderBatch batch, List<ResultLine> lines) {
    var byId = ids(lines);
    var sentAt = sentAt(batch);
    List<Settlement> settlements = new ArrayList<>();
    for (Held held : heldJobs.ofBatch(batch.id(), byId.keySet())) {
      var line = Objects.requireNonNull(byId.remove(held.job().id()));
      settlements.add(result(held, line.outcome(), sentAt));
      meters.items(line.type(), 1);
    }
    int late = 0;
    for (Taken taken : heldJobs.takenFrom(batch.id(), byId.keySet())) {
      var outcome = Objects.requireNonNull(byId.remove(taken.job().id())).outcome();
      // What nobody can read may have been billed, as is in the books already.
      if (taken.presumed() && !(outcome instanceof Outcome.Ambiguous)) {
        settlements.add(late(taken, outcome));
        late++;
      }
    }
    recorder.recordAll(settlements);
    meters.items("late", late);
    meters.items("unknown", byId.size());
  }

  private Settlement result(Held held, Outcome outcome, Instant sentAt) {
    var job = held.job();
    var call = rows.inBatch(job, job.attempts() + 1, outcome, sentAt, clock.instant());
    return new Settlement(job, call, judged(held, outcome));
  }

  private Effect judged(Held held, Outcome outcome) {
    var job = held.job();
    return judgement
        .of(
            job,
            outcome,
            job.countedAttempts() + 1,
            job.untilExpiry(),
            held.cancelRequested() ? AbortReason.CANCEL : null,
            false)
        .effect();
  }

  // The job is somebody else's: no fence fits, and only the call is written down.
  private Settlement late(Taken taken, Outcome outcome) {
    return new Settlement(
        taken.job(),
        rows.inBatch(taken.job(), taken.no(), outcome, taken.startedAt(), clock.instant()),
        new Requeue(Duration.ZERO));
  }

  /** Whose item the batch holds, if it holds one. */
  Optional<Integer> tenantOf(ProviderBatch batch) {
    return heldJobs.heldBy(batch.id(), 1).stream().map(held -> held.job().tenantId()).findFirst();
  }

  /** Claude refused the batch for the one item that it holds. */
  void refusedAlone(ProviderBatch batch, Outcome.Permanent refusal) {
    var held = heldJobs.heldBy(batch.id(), 1);
    recorder.recordAll(held.stream().map(item -> result(item, refusal, clock.instant())).toList());
    meters.items("refused", held.size());
  }

  /**
   * Lets go of all that the batch holds, without an answer.
   *
   * @param code why; what was sent may have been billed
   */
  void letGo(ProviderBatch batch, FailureCode code, String result) {
    var unknown = new Outcome.Ambiguous(new Outcome.Fault(code, code.description(), null, null));
    takeBack(
        () -> heldJobs.heldBy(batch.id(), PORTION),
        held -> presumed(held, code, judged(held, unknown)),
        result);
  }

  /** Takes items back whose time for batches is over: to the live queue, or to their end. */
  void goOn(UUID batchId) {
    takeBack(
        () -> heldJobs.toGoOn(batchId, PORTION),
        held -> presumed(held, FailureCode.BATCH_TOO_SLOW, onward(held)),
        "too_slow");
  }

  // Ends where a round finds what the one before has found: then the store refuses it.
  private void takeBack(
      Supplier<List<Held>> next, Function<Held, Settlement> settlement, String result) {
    JobId first = null;
    for (var held = next.get(); !held.isEmpty(); held = next.get()) {
      if (held.getFirst().job().id().equals(first) || Thread.currentThread().isInterrupted()) {
        return;
      }
      first = held.getFirst().job().id();
      recorder.recordAll(held.stream().map(settlement).toList());
      meters.items(result, held.size());
    }
  }

  private static Effect onward(Held held) {
    return held.job().untilExpiry().isPositive()
        ? new Requeue(Duration.ZERO)
        : new Finish(JobState.EXPIRED, null, null);
  }

  private Settlement presumed(Held held, FailureCode code, Effect effect) {
    var job = held.job();
    var call =
        job.sending()
            ? rows.presumedInBatch(job, held.sendingSince(), clock.instant(), code)
            : null;
    return new Settlement(job, call, effect);
  }

  /** Ends those items of a batch that was not sent which their callers canceled. */
  void cancelUnsent(ProviderBatch batch) {
    var ids =
        heldJobs.cancelRequested(batch.id()).stream().map(fence -> fence.id()).collect(toSet());
    recorder.recordAll(
        heldJobs.ofBatch(batch.id(), ids).stream()
            .map(h -> new Settlement(h.job(), null, new Finish(JobState.CANCELED, null, null)))
            .toList());
  }

  /** Ends, or puts off, items of a batch that was not sent. */
  void unsendable(ProviderBatch batch, Map<JobId, Effect> effects) {
    recorder.recordAll(
        heldJobs.ofBatch(batch.id(), effects.keySet()).stream()
            .map(h ->
                new Settlement(h.job(), null, Objects.requireNonNull(effects.get(h.job().id()))))
            .toList());
  }

  private Instant sentAt(ProviderBatch batch) {
    return batch.sentAt() == null ? clock.instant() : batch.sentAt();
  }

  private static Map<JobId, ResultLine> ids(List<ResultLine> lines) {
    return lines.stream()
        .filter(line -> JobId.parse(line.customId()).isPresent())
        .collect(
            toMap(line -> JobId.parse(line.customId()).orElseThrow(), line -> line, (a, _) -> a));
  }
}
