package io.millrace.worker.batch;

import io.millrace.claude.batch.BatchAnswer;
import io.millrace.claude.batch.BatchAnswer.NotFound;
import io.millrace.claude.batch.BatchAnswer.Refused;
import io.millrace.claude.batch.BatchAnswer.Told;
import io.millrace.claude.batch.BatchAnswer.Unclear;
import io.millrace.claude.batch.BatchAnswer.Unsent;
import io.millrace.claude.batch.BatchBody;
import io.millrace.claude.batch.MessageBatch;
import io.millrace.claude.breaker.PermanentRuns;
import io.millrace.claude.classify.Outcome;
import io.millrace.db.batch.ProviderBatch;
import io.millrace.db.job.Claims;
import io.millrace.failure.FailureCode;
import java.time.Duration;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Sends what was gathered, and decides what follows from the answer. */
final class SendBatch {

  private static final Logger log = LoggerFactory.getLogger(SendBatch.class);
  private static final Duration SOON = Duration.ofSeconds(2);

  private final Steps steps;
  private final Claims claims;
  private final PermanentRuns refusals = new PermanentRuns();

  SendBatch(Steps steps, Claims claims) {
    this.steps = steps;
    this.claims = claims;
  }

  void step(Drive drive) throws InterruptedException {
    var batch = drive.batch();
    steps.settle().cancelUnsent(batch);
    if (steps.items().holding(batch.id()).held() == 0) {
      steps.batches().settle(batch);
      return;
    }
    switch (steps.gate().send(drive)) {
      case BatchGate.NotYet(var pause) -> steps.batches().pause(batch, pause);
      case BatchGate.Go go -> send(drive, go);
    }
  }

  private void send(Drive drive, BatchGate.Go go) {
    var batch = drive.batch();
    var outgoing = steps.items().beginSending(batch);
    if (outgoing.isEmpty()) {
      steps.gate().giveBack(go);
      return;
    }
    var items = new OutgoingItems(claims, outgoing.get());
    var exchange =
        steps
            .client()
            .create(steps.terms(batch), BatchBody.of(items.lengths(), items), drive::holds);
    var reply = drive.execute(exchange);
    BatchAnswer<MessageBatch> answer =
        BatchAnswer.of(reply, steps.clock().instant(), MessageBatch::read);
    steps.gate().settle(go, answer, reply);
    int sends = batch.tries().sends() + 1;
    var fault = BatchGate.accountsFault(answer);
    if (fault != null) {
      steps.meters().sent("platform");
      steps.gate().refused(go, fault, reply.timings().ended());
      steps.items().notTaken(batch, Duration.ZERO, null, fault.wireName());
      return;
    }
    switch (answer) {
      case Told<MessageBatch>(var taken) -> {
        steps.gate().accepted(go);
        taken(batch, taken, outgoing.get().size());
      }
      case Unsent<MessageBatch>(var code, _) -> unsent(drive, items, code, sends);
      case Unclear<MessageBatch>(var code, var detail) -> {
        steps.meters().sent("lost");
        log.warn(
            "No reply to the create of provider batch {} with {} items ({}: {}); it is looked for in Claude's list",
            batch.id(),
            outgoing.get().size(),
            code.wireName(),
            detail);
        steps.batches().lost(batch, false, code.wireName(), shorter(SOON, steps.pace().longest()));
      }
      case Refused<MessageBatch>(var outcome) ->
          refused(batch, outcome, outgoing.get().size(), sends);
      case NotFound<MessageBatch> _ -> throw new IllegalStateException("told before");
    }
  }

  private void taken(ProviderBatch batch, MessageBatch taken, int items) {
    steps.meters().sent("taken");
    refusals.succeeded(BatchGate.POOL);
    if (!steps.batches().taken(batch, taken.id(), taken.expiresAt(), steps.pace().poll(0))) {
      log.warn("Claude's batch {} is known otherwise by now", taken.id());
      return;
    }
    log.info("Claude took {} items as batch {}", items, taken.id());
  }

  private void unsent(Drive drive, OutgoingItems items, FailureCode code, int sends) {
    var batch = drive.batch();
    boolean unsendable = !items.unsendable().isEmpty();
    steps.meters().sent("unsent");
    boolean mine =
        steps
            .items()
            .notTaken(
                batch,
                unsendable || !drive.mayGoOn() ? Duration.ZERO : steps.pace().retry(sends),
                null,
                code.wireName());
    if (mine && unsendable) {
      steps.settle().unsendable(batch, items.unsendable());
    }
  }

  private void refused(ProviderBatch batch, Outcome.Failed outcome, int items, int sends) {
    var code = outcome.code();
    var pace = steps.pace().retry(sends);
    steps.meters().sent(outcome instanceof Outcome.Permanent ? "refused" : "put_off");
    switch (outcome) {
      case Outcome.RateLimited(var fault, var retryAfter, _) ->
          steps.items().notTaken(batch, longer(retryAfter, pace), fault.status(), code.wireName());
      // It says that nothing was done, and costs one look to believe.
      case Outcome.Retryable(_, var retryAfter) ->
          steps.batches().lost(batch, true, code.wireName(), longer(retryAfter, pace));
      case Outcome.Permanent permanent -> permanent(batch, permanent, items);
      case Outcome.Platform _, Outcome.Ambiguous _ ->
          steps.items().notTaken(batch, pace, outcome.fault().status(), code.wireName());
    }
  }

  private void permanent(ProviderBatch batch, Outcome.Permanent refusal, int items) {
    int status = refusal.fault().status() == null ? 0 : refusal.fault().status();
    if (items > 1) {
      int other = steps.items().split(batch, UUID.randomUUID());
      log.warn(
          "Claude refused provider batch {} for good (status {}); it is halved: {} of its {} items go apart",
          batch.id(),
          status,
          other,
          items);
      return;
    }
    steps
        .settle()
        .tenantOf(batch)
        .ifPresent(tenant -> {
          if (refusals.failed(BatchGate.POOL, tenant)) {
            steps
                .gate()
                .refused(new BatchGate.Go(null), FailureCode.PERMANENT_FAILURES, Duration.ZERO);
          }
        });
    steps.settle().refusedAlone(batch, refusal);
    steps.items().notTaken(batch, Duration.ZERO, status, refusal.code().wireName());
  }

  private static Duration longer(@Nullable Duration one, Duration other) {
    return one != null && one.compareTo(other) > 0 ? one : other;
  }

  private static Duration shorter(Duration one, Duration other) {
    return one.compareTo(other) < 0 ? one : other;
  }
}
