package io.millrace.db.job;

import io.millrace.job.JobId;
import io.millrace.job.JobState;
import io.millrace.job.Keeping;
import io.millrace.job.Lane;
import io.millrace.money.Usage;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Everything that a caller may see of a job.
 *
 * @param model the one that was asked for
 * @param fallback the model that took its place; null if none did
 * @param batchUntil until when it may go by provider batch; null where it goes by the live queue
 * @param terms what was asked for at submission
 * @param failureMessage the message of the attempt that decided a failed job
 * @param body Claude's message or an error envelope, byte for byte; null while there is none
 * @param usage the sum over all attempts whose cost is certain
 * @param cost US dollars over all attempts; null where a price is not known
 * @param suspectedCost what may have been billed besides; null where a price is not known
 * @param paused whether its tenant's jobs are held back, or its pool's
 * @param putOff whether it is due later because its user has no more turns now
 */
public record JobView(
    JobId id,
    JobState state,
    Lane lane,
    String pool,
    String model,
    @Nullable Fallback fallback,
    Instant createdAt,
    Instant dueAt,
    Instant expiresAt,
    boolean released,
    @Nullable Instant startedAt,
    @Nullable Instant finishedAt,
    @Nullable Instant cancelRequestedAt,
    int attempts,
    int series,
    @Nullable UUID batchId,
    @Nullable Instant batchUntil,
    Terms terms,
    @Nullable String failureCode,
    @Nullable String failureMessage,
    byte @Nullable [] body,
    Usage usage,
    @Nullable BigDecimal cost,
    @Nullable BigDecimal suspectedCost,
    boolean paused,
    boolean putOff) {

  /** The same with the body of its result. */
  public JobView withBody(byte @Nullable [] found) {
    return new JobView(
        id,
        state,
        lane,
        pool,
        model,
        fallback,
        createdAt,
        dueAt,
        expiresAt,
        released,
        startedAt,
        finishedAt,
        cancelRequestedAt,
        attempts,
        series,
        batchId,
        batchUntil,
        terms,
        failureCode,
        failureMessage,
        found,
        usage,
        cost,
        suspectedCost,
        paused,
        putOff);
  }

  /**
   * The job as it ended before it was replayed, as far as that is still known: without what it
   * failed of, and without its result.
   */
  public JobView asItEnded(JobState then, Instant at) {
    return new JobView(
        id,
        then,
        lane,
        pool,
        model,
        fallback,
        createdAt,
        dueAt,
        expiresAt,
        false,
        startedAt,
        at,
        cancelRequestedAt,
        attempts,
        series,
        batchId,
        batchUntil,
        terms,
        null,
        null,
        null,
        usage,
        cost,
        suspectedCost,
        false,
        false);
  }

  /**
   * The model that is called instead of the one that was asked for.
   *
   * @param reason as {@link Fallbacks.Reason} names them
   */
  public record Fallback(String model, String reason) {}

  /** The terms of submission, apart from the params. */
  public record Terms(
      @Nullable String customId,
      @Nullable String userId,
      @Nullable String feature,
      @Nullable String metadata,
      @Nullable Instant runAt,
      int maxAttempts,
      int timeoutSeconds,
      boolean retryAmbiguous,
      List<String> fallbackModels,
      @Nullable String webhookUrl,
      String anthropicVersion,
      List<String> anthropicBeta,
      Keeping keeping) {}
}
