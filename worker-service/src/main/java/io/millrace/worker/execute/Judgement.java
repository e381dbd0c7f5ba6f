package io.millrace.worker.execute;

import io.millrace.claude.call.AbortReason;
import io.millrace.claude.classify.Outcome;
import io.millrace.claude.retry.OnAmbiguous;
import io.millrace.claude.retry.RetryDecision.GiveUp;
import io.millrace.claude.retry.RetryDecision.RetryAfter;
import io.millrace.claude.retry.RetryPolicy;
import io.millrace.db.job.Claims.Claimed;
import io.millrace.db.job.Settlement.Effect;
import io.millrace.db.job.Settlement.Effect.Finish;
import io.millrace.db.job.Settlement.Effect.Keep;
import io.millrace.db.job.Settlement.Effect.Requeue;
import io.millrace.failure.FailureCode;
import io.millrace.job.JobState;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.io.JsonStringEncoder;

/**
 * What an outcome means for the job: decided here and nowhere else, for workers and rescue alike.
 */
public final class Judgement {

  private final RetryPolicy retries;
  private final Duration patience;
  private final RandomGenerator random;

  public Judgement(RetryPolicy retries, Duration patience, RandomGenerator random) {
    this.retries = retries;
    this.patience = patience;
    this.random = random;
  }

  /**
   * A decision.
   *
   * @param pause how long a kept job waits before its next call
   */
  public record Verdict(Effect effect, Duration pause) {

    static Verdict of(Effect effect) {
      return new Verdict(effect, Duration.ZERO);
    }
  }

  /**
   * Judges the end of a call.
   *
   * @param countedAttempts calls that count towards the job's bound, this one included
   * @param left time to the job's deadline
   * @param abort why the call was stopped, if it was
   * @param mayKeep whether whoever asks could make the next call himself
   */
  public Verdict of(
      Claimed job,
      Outcome outcome,
      int countedAttempts,
      Duration left,
      @Nullable AbortReason abort,
      boolean mayKeep) {
    return switch (outcome) {
      case Outcome.Succeeded(var message, _) ->
          Verdict.of(new Finish(JobState.SUCCEEDED, null, message));
      case Outcome.Failed failed -> failed(job, failed, countedAttempts, left, abort, mayKeep);
    };
  }

  private Verdict failed(
      Claimed job,
      Outcome.Failed failed,
      int countedAttempts,
      Duration left,
      @Nullable AbortReason abort,
      boolean mayKeep) {
    if (abort == AbortReason.CANCEL) {
      return Verdict.of(new Finish(JobState.CANCELED, null, null));
    }
    if (!left.isPositive() && !(failed instanceof Outcome.Permanent)) {
      return Verdict.of(new Finish(JobState.EXPIRED, null, null));
    }
    var onAmbiguous = job.retryAmbiguous() ? OnAmbiguous.RETRY : OnAmbiguous.FAIL;
    var decision =
        retries.next(
            failed,
            countedAttempts,
            job.maxAttempts(),
            onAmbiguous,
            Instant.EPOCH.plus(left),
            Instant.EPOCH,
            random);
    return switch (decision) {
      case GiveUp(var code, _) -> Verdict.of(dead(code, failed.fault()));
      case RetryAfter _ when abort == AbortReason.DRAIN || abort == AbortReason.LEASE_LOST ->
          Verdict.of(new Requeue(Duration.ZERO));
      // The pool is paused, and knows when to try again.
      case RetryAfter _ when failed instanceof Outcome.Platform ->
          Verdict.of(new Requeue(Duration.ZERO));
      case RetryAfter(var delay) when mayKeep && delay.compareTo(patience) <= 0 ->
          new Verdict(new Keep(), delay);
      case RetryAfter(var delay) -> Verdict.of(new Requeue(delay));
    };
  }

  private static Finish dead(FailureCode code, Outcome.Fault fault) {
    byte[] envelope = fault.envelope();
    return new Finish(
        JobState.FAILED, code.wireName(), envelope != null ? envelope : envelope(fault.message()));
  }

  /** An error as the provider writes one, for failures of which it knows nothing. */
  public static byte[] envelope(String message) {
    var quoted = new String(JsonStringEncoder.getInstance().quoteAsCharArray(message));
    return ("{\"type\":\"error\",\"error\":{\"type\":\"api_error\",\"message\":\""
            + quoted
            + "\"}}")
        .getBytes(StandardCharsets.UTF_8);
  }
}
