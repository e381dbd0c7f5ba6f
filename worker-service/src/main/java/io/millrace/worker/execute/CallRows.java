package io.millrace.worker.execute;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.claude.call.Reply;
import io.millrace.claude.call.Timings;
import io.millrace.claude.classify.MessageFacts;
import io.millrace.claude.classify.Outcome;
import io.millrace.claude.estimate.Estimator;
import io.millrace.db.job.Claims.Claimed;
import io.millrace.db.job.Settlement.Call;
import io.millrace.db.job.Settlement.Charge;
import io.millrace.failure.FailureCode;
import io.millrace.model.ModelCatalogue;
import io.millrace.money.CallMode;
import io.millrace.money.Cost;
import io.millrace.money.Usage;
import io.millrace.telemetry.Metric;
import java.math.BigDecimal;
import java.time.Clock;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** Writes calls down: what happened, what it cost, and what it may have cost. */
public final class CallRows {

  private static final int LONGEST_MESSAGE = 2_000;

  private final ModelCatalogue catalogue;
  private final CallPrices prices;
  private final Retirements retirements;
  private final MeterRegistry meters;

  public CallRows(ModelCatalogue catalogue, MeterRegistry meters, Clock clock) {
    this.catalogue = catalogue;
    this.prices = new CallPrices(catalogue, meters);
    this.retirements = new Retirements(catalogue, meters, clock);
    this.meters = meters;
  }

  /**
   * The row of a call that this worker made.
   *
   * @param trial whether it tried for all jobs if the pool works again: that it does not is no
   *     failure of this job, which is among the first each time and would else run out of attempts.
   *     One that may have been billed counts: nobody pays for trying without end
   */
  Call seen(Claimed job, int no, Reply reply, Outcome outcome, boolean trial) {
    retirements.used(job.model());
    var timings = reply.timings();
    var failed = outcome instanceof Outcome.Failed failure ? failure : null;
    count(job, name(outcome), failed == null ? "none" : failed.code().wireName());
    return new Call(
        no,
        outcome instanceof Outcome.Succeeded(_, var facts)
            ? prices.billed(job.model(), facts)
            : job.model(),
        name(outcome),
        failed == null ? null : failed.code().wireName(),
        failed == null ? null : bounded(failed.fault().message()),
        status(reply),
        requestId(reply),
        timings.startedAt(),
        firstByte(timings),
        timings.startedAt().plus(timings.ended()),
        failed == null || counts(failed, trial),
        false,
        charge(job, outcome, timings.startedAt(), CallMode.SINGLE));
  }

  private static boolean counts(Outcome.Failed failed, boolean trial) {
    return failed.code().failureClass().countsAsAttempt()
        && !(trial && failed instanceof Outcome.Retryable);
  }

  /**
   * The row of a call that was made by provider batch.
   *
   * @param sentAt when the batch left: by the prices of then it is billed
   * @param now when it is known how it ended
   */
  public Call inBatch(Claimed job, int no, Outcome outcome, Instant sentAt, Instant now) {
    retirements.used(job.model());
    var failed = outcome instanceof Outcome.Failed failure ? failure : null;
    count(job, name(outcome), failed == null ? "none" : failed.code().wireName());
    return new Call(
        no,
        outcome instanceof Outcome.Succeeded(_, var facts)
            ? prices.billed(job.model(), facts)
            : job.model(),
        name(outcome),
        failed == null ? null : failed.code().wireName(),
        failed == null ? null : bounded(failed.fault().message()),
        failed == null ? null : failed.fault().status(),
        null,
        sentAt,
        null,
        now,
        failed == null || counts(failed, false),
        false,
        charge(job, outcome, sentAt, CallMode.BATCH));
  }

  /** The row of a call that a lost worker may have made. */
  public Call presumed(Claimed job, Instant since, Instant now, FailureCode code) {
    return presumed(job, since, now, code, CallMode.SINGLE);
  }

  /** The row of a call by provider batch whose end is not known. */
  public Call presumedInBatch(Claimed job, Instant since, Instant now, FailureCode code) {
    return presumed(job, since, now, code, CallMode.BATCH);
  }

  private Call presumed(Claimed job, Instant since, Instant now, FailureCode code, CallMode mode) {
    count(job, "ambiguous", code.wireName());
    return new Call(
        job.attempts() + 1,
        job.model(),
        code.failureClass().wireName(),
        code.wireName(),
        code.description(),
        null,
        null,
        since,
        null,
        now,
        code.failureClass().countsAsAttempt(),
        true,
        suspicion(job, null, since, mode));
  }

  private void count(Claimed job, String outcome, String code) {
    meters
        .counter(Metric.ATTEMPTS.meter(), "pool", job.pool(), "outcome", outcome, "code", code)
        .increment();
  }

  private @Nullable Charge charge(Claimed job, Outcome outcome, Instant at, CallMode mode) {
    return switch (outcome) {
      case Outcome.Succeeded(_, var facts) -> charged(job, facts, at, mode);
      case Outcome.Ambiguous(_, var seen) -> suspicion(job, seen, at, mode);
      case Outcome.Retryable _, Outcome.RateLimited _, Outcome.Platform _, Outcome.Permanent _ ->
          null;
    };
  }

  private Charge charged(Claimed job, MessageFacts facts, Instant at, CallMode mode) {
    String model = prices.billed(job.model(), facts);
    var charge = prices.charge(model, facts, at, mode);
    tokens(model, charge.usage());
    var amount = charge.amount();
    if (amount != null) {
      count(model, "charged", amount);
    }
    return charge;
  }

  // Output may go on where nobody listens any more, so what was seen of it is the least.
  private Charge suspicion(Claimed job, @Nullable Usage seen, Instant at, CallMode mode) {
    long guess = Estimator.outputGuess(job.maxOutput());
    var usage =
        seen == null
            ? Usage.of(job.estimatedInput(), guess)
            : seen.withOutput(Math.max(seen.outputTokens(), guess));
    BigDecimal amount =
        catalogue.price(job.model(), usage, at, mode).known().map(Cost::amount).orElse(null);
    if (amount != null) {
      count(job.model(), "suspected", amount);
    }
    return new Charge(true, usage, null, amount, null);
  }

  private void tokens(String model, Usage usage) {
    tokens(model, "input", usage.inputTokens());
    tokens(model, "output", usage.outputTokens());
    tokens(model, "cache_read", usage.cacheReadTokens());
    tokens(model, "cache_write_5m", usage.cacheWrite5mTokens());
    tokens(model, "cache_write_1h", usage.cacheWrite1hTokens());
  }

  private void tokens(String model, String kind, long tokens) {
    if (tokens > 0) {
      meters
          .counter(Metric.TOKENS.meter(), "model", model, "class", kind)
          .increment((double) tokens);
    }
  }

  private void count(String model, String kind, BigDecimal amount) {
    Counter.builder(Metric.COST.meter())
        .baseUnit("usd")
        .tag("model", model)
        .tag("kind", kind)
        .register(meters)
        .increment(amount.doubleValue());
  }

  private static String name(Outcome outcome) {
    return outcome instanceof Outcome.Failed failed
        ? failed.code().failureClass().wireName()
        : "succeeded";
  }

  private static @Nullable Integer status(Reply reply) {
    return switch (reply) {
      case Reply.Answered answered -> Integer.valueOf(answered.status());
      case Reply.Broken broken -> broken.status();
      case Reply.NothingSent _ -> null;
    };
  }

  private static @Nullable String requestId(Reply reply) {
    return switch (reply) {
      case Reply.Answered answered -> answered.headers().requestId().orElse(null);
      case Reply.Broken broken -> broken.headers().requestId().orElse(null);
      case Reply.NothingSent _ -> null;
    };
  }

  private static @Nullable Instant firstByte(Timings timings) {
    var replied = timings.replied();
    return replied == null ? null : timings.startedAt().plus(replied);
  }

  // PostgreSQL's text holds no NUL, and a provider's page of HTML is nobody's error message.
  private static String bounded(String message) {
    String clean = message.replace('\0', ' ');
    return clean.length() <= LONGEST_MESSAGE ? clean : clean.substring(0, LONGEST_MESSAGE);
  }
}
