package io.millrace.claude.retry;

import io.github.resilience4j.core.IntervalFunction;
import io.millrace.claude.classify.Outcome;
import io.millrace.claude.classify.Outcome.Failed;
import io.millrace.claude.retry.RetryDecision.GiveUp;
import io.millrace.claude.retry.RetryDecision.Reason;
import io.millrace.claude.retry.RetryDecision.RetryAfter;
import java.time.Duration;
import java.time.Instant;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Decides whether a failed call is made again: exponential backoff with full jitter, never before
 * the provider's {@code retry-after}, bounded by the job's attempts and deadline. Pure.
 *
 * <p>Rate limited calls and platform faults are no fault of the job's: they use up no attempt and
 * never end it; if they last, its deadline does.
 */
public final class RetryPolicy {
  private final IntervalFunction bound;

  public RetryPolicy(RetrySettings settings) {
    this.bound =
        IntervalFunction.ofExponentialBackoff(
            settings.initial(), settings.multiplier(), settings.longest());
  }

  /**
   * What follows a failed call.
   *
   * @param countedAttempts failed calls that count, this one included
   * @param deadline when the job expires
   * @param random for the jitter
   */
  public RetryDecision next(
      Failed outcome,
      int countedAttempts,
      int maxAttempts,
      OnAmbiguous onAmbiguous,
      Instant deadline,
      Instant now,
      RandomGenerator random) {
    return switch (outcome) {
      case Outcome.Permanent(var fault) -> new GiveUp(fault.code(), Reason.PERMANENT);
      case Outcome.Ambiguous(var fault, _) when onAmbiguous == OnAmbiguous.FAIL ->
          new GiveUp(fault.code(), Reason.ON_AMBIGUOUS);
      case Outcome.Retryable _, Outcome.Ambiguous _ when countedAttempts >= maxAttempts ->
          new GiveUp(outcome.code(), Reason.ATTEMPTS_EXHAUSTED);
      case Outcome.Retryable(_, var retryAfter) ->
          within(outcome, retryAfter, countedAttempts, Duration.between(now, deadline), random);
      case Outcome.Ambiguous _ ->
          within(outcome, null, countedAttempts, Duration.between(now, deadline), random);
      case Outcome.RateLimited(_, var retryAfter, _) ->
          new RetryAfter(
              (retryAfter == null ? Duration.ZERO : retryAfter).plus(jitter(bound(1), random)));
      // The pool is paused and probed; its jobs wait for that, not for a time.
      case Outcome.Platform _ -> new RetryAfter(Duration.ZERO);
    };
  }

  private RetryDecision within(
      Failed outcome,
      @Nullable Duration retryAfter,
      int countedAttempts,
      Duration left,
      RandomGenerator random) {
    Duration least = retryAfter == null ? Duration.ZERO : retryAfter;
    if (least.compareTo(left) >= 0) {
      return new GiveUp(outcome.code(), Reason.DEADLINE);
    }
    // A job that ends soon still gets its next attempt, instead of waiting for its end.
    Duration spread = min(bound(Math.max(1, countedAttempts)), left.minus(least));
    return new RetryAfter(least.plus(jitter(spread, random)));
  }

  private Duration bound(int countedAttempts) {
    return Duration.ofMillis(bound.apply(Math.max(1, countedAttempts)));
  }

  private static Duration jitter(Duration most, RandomGenerator random) {
    return Duration.ofNanos((long) (most.toNanos() * random.nextDouble()));
  }

  private static Duration min(Duration a, Duration b) {
    return a.compareTo(b) <= 0 ? a : b;
  }
}
