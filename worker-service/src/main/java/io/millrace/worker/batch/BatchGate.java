package io.millrace.worker.batch;

import io.millrace.claude.batch.BatchAnswer;
import io.millrace.claude.batch.BatchAnswer.NotFound;
import io.millrace.claude.batch.BatchAnswer.Refused;
import io.millrace.claude.batch.BatchAnswer.Told;
import io.millrace.claude.batch.BatchAnswer.Unclear;
import io.millrace.claude.batch.BatchAnswer.Unsent;
import io.millrace.claude.call.Reply;
import io.millrace.claude.classify.Outcome;
import io.millrace.claude.limit.Limiter;
import io.millrace.claude.limit.Permit;
import io.millrace.claude.limit.Ticket;
import io.millrace.claude.limit.Wanted;
import io.millrace.db.limit.PoolPauses;
import io.millrace.failure.FailureCode;
import io.millrace.job.Lane;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets requests about batches go at the account's rate for these, which all workers share. While
 * Claude refuses the account, or somebody paused the pool, no batch is sent but to try; those that
 * Claude has are looked after all the same.
 */
final class BatchGate {

  /** The pool of all requests about batches, whatever their models. */
  static final String POOL = "message_batches";

  private static final Logger log = LoggerFactory.getLogger(BatchGate.class);
  private static final long PATIENCE_NANOS = Duration.ofSeconds(30).toNanos();
  private static final long LOOK_MILLIS = 200;
  private static final Duration LEAST = Duration.ofSeconds(1);

  private final Limiter limiter;
  private final PoolPauses pauses;
  private final LongSupplier nanoTime;

  BatchGate(Limiter limiter, PoolPauses pauses, LongSupplier nanoTime) {
    this.limiter = limiter;
    this.pauses = pauses;
    this.nanoTime = nanoTime;
  }

  /** Whether to go. */
  sealed interface Answer {}

  /**
   * Go.
   *
   * @param permit null where the request goes without being asked for
   */
  record Go(@Nullable Permit permit) implements Answer {}

  /** Not now. */
  record NotYet(Duration pause) implements Answer {}

  /** Waits for leave to send a batch. */
  Answer send(Drive drive) throws InterruptedException {
    return ask(drive);
  }

  /** Waits for leave to look after a batch that Claude has. */
  Answer look(Drive drive) throws InterruptedException {
    var answer = ask(drive);
    return answer instanceof NotYet && isPaused() ? new Go(null) : answer;
  }

  private Answer ask(Drive drive) throws InterruptedException {
    var answered = new CountDownLatch(1);
    var wanted = new Wanted(POOL, Lane.BULK, nanoTime.getAsLong(), 0, 0, 0, 0);
    long since = nanoTime.getAsLong();
    var ticket = limiter.ask(wanted, answered::countDown);
    boolean went = false;
    try {
      while (ticket.answer() == null
          && drive.mayGoOn()
          && nanoTime.getAsLong() - since < PATIENCE_NANOS) {
        boolean _ = answered.await(LOOK_MILLIS, TimeUnit.MILLISECONDS);
      }
      return switch (ticket.answer()) {
        case null -> new NotYet(LEAST);
        case Ticket.TooLong(var delay) -> new NotYet(longer(delay, LEAST));
        case Ticket.Granted(var permit) -> {
          went = true;
          yield begin(permit);
        }
      };
    } finally {
      if (!went) {
        limiter.leave(ticket);
      }
    }
  }

  private Answer begin(Permit permit) {
    long left = permit.startsAt() - nanoTime.getAsLong();
    while (left > 0 && !Thread.currentThread().isInterrupted()) {
      LockSupport.parkNanos(left);
      left = permit.startsAt() - nanoTime.getAsLong();
    }
    if (!permit.isOnTime(nanoTime.getAsLong())) {
      limiter.forfeit(permit);
      return new NotYet(Duration.ofMillis(LOOK_MILLIS));
    }
    permit.begin(nanoTime.getAsLong());
    return new Go(permit);
  }

  private boolean isPaused() {
    return pauses.open().stream().anyMatch(pause -> pause.pool().equals(POOL));
  }

  /** What was to be asked was not. */
  void giveBack(Go go) {
    if (go.permit() != null) {
      limiter.giveBack(go.permit());
    }
  }

  /** Tells the limiter what came of a request. */
  void settle(Go go, BatchAnswer<?> answer, Reply reply) {
    var permit = go.permit();
    if (permit == null) {
      return;
    }
    switch (answer) {
      case Refused<?>(var outcome) -> limiter.settle(permit, outcome, reply);
      case Unsent<?> _ -> limiter.giveBack(permit);
      case Told<?> _, NotFound<?> _, Unclear<?> _ -> limiter.used(permit, reply);
    }
  }

  /** Claude took a batch: if the account was refused before, it no longer is. */
  void accepted(Go go) {
    if (go.permit() != null && go.permit().isPauseProbe() && pauses.faultOver(POOL)) {
      log.info("Claude takes batches again");
    }
  }

  /** Claude refuses batches for the account's sake: all wait, and one at a time tries again. */
  void refused(Go go, FailureCode code, Duration took) {
    if (go.permit() != null && go.permit().isPauseProbe()) {
      pauses.probeFailed(POOL, code.wireName());
    } else if (pauses.fault(POOL, code.wireName(), took)) {
      log.error(
          "Claude refuses batches ({}): pool {} is paused, items stay where they are, and one batch tries again in {} s."
              + " Mend the account; POST /v1/limits/{}/resume tries at once",
          code.wireName(),
          POOL,
          PoolPauses.FIRST_PROBE.toSeconds(),
          POOL);
    }
  }

  /** The outcome of a refusal that is the account's and not the batch's, if it is one. */
  static @Nullable FailureCode accountsFault(BatchAnswer<?> answer) {
    return switch (answer) {
      case Refused<?>(Outcome.Platform(var fault)) -> fault.code();
      // Batches are judged item by item, later: what is refused as a whole is the key or the path.
      case Refused<?>(Outcome.Permanent(var fault))
          when fault.code() == FailureCode.PERMISSION_DENIED ->
          FailureCode.ACCOUNT_PERMISSION_DENIED;
      case NotFound<?> _ -> FailureCode.NOT_FOUND;
      case Refused<?> _, Told<?> _, Unsent<?> _, Unclear<?> _ -> null;
    };
  }

  private static Duration longer(Duration one, Duration other) {
    return one.compareTo(other) > 0 ? one : other;
  }
}
