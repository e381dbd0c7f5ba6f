package io.millrace.worker.batch;

import io.millrace.claude.batch.BatchAnswer;
import io.millrace.claude.batch.BatchAnswer.NotFound;
import io.millrace.claude.batch.BatchAnswer.Refused;
import io.millrace.claude.batch.BatchAnswer.Told;
import io.millrace.claude.batch.BatchAnswer.Unclear;
import io.millrace.claude.batch.BatchAnswer.Unsent;
import io.millrace.claude.batch.MessageBatch;
import io.millrace.claude.call.Exchange;
import io.millrace.claude.classify.Outcome;
import io.millrace.db.batch.ProviderBatch;
import io.millrace.db.batch.ProviderState;
import io.millrace.failure.FailureCode;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks how a batch stands that Claude has. That it is not found means little for some minutes (a
 * known trouble of the real API); one whose items are all to be canceled, or have gone on without
 * it, is canceled there, so that it costs no more than it must.
 */
final class FollowBatch {

  private static final Logger log = LoggerFactory.getLogger(FollowBatch.class);

  private final Steps steps;

  FollowBatch(Steps steps) {
    this.steps = steps;
  }

  void step(Drive drive) throws InterruptedException {
    var batch = drive.batch();
    String id = Objects.requireNonNull(batch.providerId());
    if (isToBeCanceled(batch)) {
      var canceled = ask(drive, steps.client().cancel(steps.terms(batch), id));
      if (canceled == null) {
        return;
      }
      canceled(batch, id, canceled);
    }
    var answer = ask(drive, steps.client().retrieve(steps.terms(batch), id));
    if (answer != null && drive.holds()) {
      seen(batch, answer);
    }
  }

  // What may be another's is left alone.
  private boolean isToBeCanceled(ProviderBatch batch) {
    return batch.proven() && !batch.canceled() && !steps.items().holding(batch.id()).isWanted();
  }

  private void canceled(ProviderBatch batch, String id, BatchAnswer<MessageBatch> answer) {
    // One that has ended is refused for good, which is as well.
    boolean done =
        answer instanceof Told
            || (answer instanceof Refused<MessageBatch>(var outcome)
                && outcome instanceof Outcome.Permanent);
    if (done && steps.batches().cancelAsked(batch)) {
      log.info("Claude's batch {} is canceled: nobody waits for what is left of it", id);
    }
  }

  /** Null where nothing was asked, and the batch has been put off. */
  private @Nullable BatchAnswer<MessageBatch> ask(Drive drive, Exchange exchange)
      throws InterruptedException {
    return switch (steps.gate().look(drive)) {
      case BatchGate.NotYet(var pause) -> {
        steps.batches().pause(drive.batch(), pause);
        yield null;
      }
      case BatchGate.Go go -> {
        var reply = drive.execute(exchange);
        BatchAnswer<MessageBatch> answer =
            BatchAnswer.of(reply, steps.clock().instant(), MessageBatch::read);
        steps.gate().settle(go, answer, reply);
        yield answer;
      }
    };
  }

  private void seen(ProviderBatch batch, BatchAnswer<MessageBatch> answer) {
    switch (answer) {
      case Told<MessageBatch>(var told) when told.ended() -> steps.batches().ended(batch);
      case Told<MessageBatch> _ -> steps.batches().polled(batch, pause(batch, null));
      case NotFound<MessageBatch> _ -> notFound(batch, "retrieve");
      case Refused<MessageBatch>(var outcome) ->
          unseen(batch, retryAfter(outcome), outcome.fault().status(), outcome.code());
      case Unsent<MessageBatch>(var code, _) -> unseen(batch, null, null, code);
      case Unclear<MessageBatch>(var code, _) -> unseen(batch, null, null, code);
    }
  }

  private void unseen(
      ProviderBatch batch,
      @Nullable Duration retryAfter,
      @Nullable Integer status,
      FailureCode code) {
    steps.meters().failed("retrieve", code.wireName());
    steps.batches().unseen(batch, pause(batch, retryAfter), status, code.wireName());
  }

  /** Claude says that it knows no such batch, or no results of it. */
  void notFound(ProviderBatch batch, String step) {
    steps.meters().failed(step, FailureCode.NOT_FOUND.wireName());
    var since = batch.notFoundFor();
    if (batch.state() == ProviderState.GIVEN_UP) {
      overOrLater(batch);
    } else if (since == null || since.compareTo(steps.settings().notFoundWait()) < 0) {
      steps.batches().notFound(batch, pause(batch, null));
    } else {
      log.warn(
          "Claude has not known its batch {} for {} s: its items go again, and may be paid twice",
          batch.providerId(),
          since.toSeconds());
      steps.settle().letGo(batch, FailureCode.BATCH_LOST, "lost");
      steps.batches().giveUp(batch, FailureCode.BATCH_LOST.wireName(), steps.pace().seldom());
    }
  }

  private void overOrLater(ProviderBatch batch) {
    Instant sentAt = Objects.requireNonNull(batch.sentAt());
    if (Duration.between(sentAt, steps.clock().instant()).compareTo(FindLost.LONGEST) > 0) {
      steps.batches().settle(batch);
    } else {
      steps.batches().pause(batch, steps.pace().seldom());
    }
  }

  private Duration pause(ProviderBatch batch, @Nullable Duration retryAfter) {
    var pause =
        batch.state() == ProviderState.GIVEN_UP
            ? steps.pace().seldom()
            : steps.pace().poll(batch.tries().polls());
    return retryAfter != null && retryAfter.compareTo(pause) > 0 ? retryAfter : pause;
  }

  static @Nullable Duration retryAfter(Outcome.Failed outcome) {
    return switch (outcome) {
      case Outcome.RateLimited(_, var after, _) -> after;
      case Outcome.Retryable(_, var after) -> after;
      case Outcome.Platform _, Outcome.Permanent _, Outcome.Ambiguous _ -> null;
    };
  }
}
