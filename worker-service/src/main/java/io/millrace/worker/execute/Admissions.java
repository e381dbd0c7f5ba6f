package io.millrace.worker.execute;

import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.claude.call.Reply;
import io.millrace.claude.classify.Outcome;
import io.millrace.claude.estimate.Expected;
import io.millrace.claude.limit.Limiter;
import io.millrace.claude.limit.Permit;
import io.millrace.claude.limit.Ticket;
import io.millrace.claude.limit.Wanted;
import io.millrace.db.job.Claims.Claimed;
import io.millrace.db.limit.PoolPauses;
import io.millrace.failure.FailureCode;
import io.millrace.rate.Dimension;
import io.millrace.telemetry.Metric;
import java.time.Duration;
import java.util.List;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The executing side of the limiter: who may call now, who waits, who had better come back later;
 * and what an outcome means for the pool.
 */
final class Admissions {

  private static final Logger log = LoggerFactory.getLogger(Admissions.class);

  private final Limiter limiter;
  private final Estimates estimates;
  private final PoolPauses pauses;
  private final LongSupplier nanoTime;
  private final MeterRegistry meters;

  Admissions(
      Limiter limiter,
      Estimates estimates,
      PoolPauses pauses,
      LongSupplier nanoTime,
      MeterRegistry meters) {
    this.limiter = limiter;
    this.estimates = estimates;
    this.pauses = pauses;
    this.nanoTime = nanoTime;
    this.meters = meters;
  }

  /** An answer to a job that wants to call. */
  sealed interface Answer {}

  record Go(Permit permit) implements Answer {}

  /** Back to the queue, not before the delay. */
  record GoAway(Duration delay) implements Answer {}

  /** The job was stopped while it waited. */
  record Stopped() implements Answer {}

  /**
   * Waits for the rate.
   *
   * @param waiting what a job does once it turns out that it has to wait
   */
  Answer admit(Execution execution, Runnable waiting) throws InterruptedException {
    var ticket = limiter.ask(wanted(execution), execution::signal);
    boolean went = false;
    try {
      if (ticket.answer() == null) {
        count(Metric.LIMITER_WAITS, execution.job());
        waiting.run();
        execution.await(() -> ticket.answer() != null);
      }
      switch (ticket.answer()) {
        case null -> {
          return new Stopped();
        }
        case Ticket.TooLong(var delay) -> {
          count(Metric.LIMITER_GIVEN_BACK, execution.job());
          return new GoAway(delay);
        }
        case Ticket.Granted(var permit) -> {
          went = true;
          return new Go(permit);
        }
      }
    } finally {
      if (!went) {
        limiter.leave(ticket);
      }
    }
  }

  private Wanted wanted(Execution execution) {
    var job = execution.job();
    var expected = estimates.expect(job);
    return new Wanted(
        job.pool(),
        job.lane(),
        execution.turnNanos(),
        expected.inputTokens(),
        expected.outputTokens(),
        expected.outputPerSecond(),
        expected.untilFirst().toNanos() / 1e9);
  }

  private void count(Metric metric, Claimed job) {
    meters.counter(metric.meter(), "pool", job.pool()).increment();
  }

  /** Pools whose jobs are likely to wait. */
  List<String> congested() {
    return limiter.pools().stream().filter(limiter::isCongested).toList();
  }

  /**
   * A request that is larger than the bucket, had it for itself and was refused for the second time
   * will never pass.
   *
   * @param refusals calls of the job that were refused before, and not for its own sake
   */
  Outcome refusedAlone(Permit permit, Outcome outcome, int refusals) {
    if (outcome instanceof Outcome.RateLimited(var fault, _, var dimension)
        && dimension == Dimension.INPUT_TOKENS
        && permit.isAlone()
        && refusals > 0) {
      return new Outcome.Permanent(
          new Outcome.Fault(
              FailureCode.EXCEEDS_RATE_LIMIT,
              FailureCode.EXCEEDS_RATE_LIMIT.description() + " Claude says: " + fault.message(),
              fault.status(),
              fault.envelope()));
    }
    return outcome;
  }

  /**
   * Waits for the moment that was granted; false where the job is stopped or it is too late by
   * then.
   */
  boolean isTime(Execution execution, Permit permit) throws InterruptedException {
    Duration left = Duration.ofNanos(permit.startsAt() - nanoTime.getAsLong());
    if (left.isPositive()) {
      execution.pause(left);
    }
    return !execution.isStopped() && permit.isOnTime(nanoTime.getAsLong());
  }

  void giveBack(Permit permit) {
    limiter.giveBack(permit);
  }

  /** Gives up a grant whose moment is over. */
  void forfeit(Permit permit) {
    limiter.forfeit(permit);
  }

  /**
   * Corrects what was reserved by what the call turned out to take, and pauses or resumes the pool
   * where the account, not the job, was refused or accepted.
   */
  void settle(Claimed job, Permit permit, Outcome outcome, Reply reply, Duration took) {
    limiter.settle(permit, outcome, reply);
    if (outcome instanceof Outcome.Succeeded(_, var facts)) {
      estimates.learn(job, expected(permit.wanted()), facts.usage(), reply.timings());
    }
    try {
      if (outcome instanceof Outcome.Platform platform) {
        refused(permit, platform.code().wireName(), took);
      } else if (permit.isPauseProbe() && reply instanceof Reply.Answered && isAccepted(outcome)) {
        if (!isRefusedAgain(permit, outcome) && pauses.faultOver(permit.pool())) {
          log.info("Claude accepts the account again: pool {} goes on", permit.pool());
        }
      }
    } catch (RuntimeException failure) {
      log.warn(
          "The pause of pool {} could not be written; the next call will find out again",
          permit.pool(),
          failure);
    }
  }

  private static Expected expected(Wanted wanted) {
    return new Expected(
        wanted.input(),
        wanted.output(),
        wanted.outputPerSecond(),
        Duration.ofNanos((long) (wanted.secondsToFirst() * 1e9)));
  }

  private boolean isRefusedAgain(Permit permit, Outcome outcome) {
    return outcome instanceof Outcome.Permanent
        && pauses.refusedAgain(permit.pool(), FailureCode.PERMANENT_FAILURES.wireName());
  }

  private static boolean isAccepted(Outcome outcome) {
    return !(outcome instanceof Outcome.RateLimited)
        && !(outcome instanceof Outcome.Retryable(var fault, _)
            && fault.code() == FailureCode.REFUSAL_UNCONFIRMED);
  }

  private void refused(Permit permit, String code, Duration took) {
    if (permit.isPauseProbe()) {
      pauses.probeFailed(permit.pool(), code);
    } else if (pauses.fault(permit.pool(), code, took)) {
      log.error(
          "Claude refuses the account ({}): pool {} is paused, its jobs stay queued, and one of them tries again in {}"
              + " s. Mend the account; POST /v1/limits/{}/resume tries at once",
          code,
          permit.pool(),
          PoolPauses.FIRST_PROBE.toSeconds(),
          permit.pool());
    }
  }
}
