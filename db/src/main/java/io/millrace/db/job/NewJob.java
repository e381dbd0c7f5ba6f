package io.millrace.db.job;

import io.millrace.job.JobId;
import io.millrace.job.Keeping;
import io.millrace.job.Lane;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A job as accepted at the door, not yet stored. Everything has been checked: text holds no NUL and
 * no unpaired surrogate, numbers are in their ranges.
 *
 * @param tenantId the tenant that owns it
 * @param pool the rate pool of its model
 * @param runAt not before; null means at once
 * @param expiresAt the caller's deadline; null takes the lane's default, counted from the later of
 *     creation and {@code runAt} by the database clock
 * @param timeout bound of one call
 * @param retryAmbiguous whether a call that may have been billed without an answer is repeated
 * @param estimatedInput input tokens that a call is expected to take from the pool
 * @param maxOutput the request's {@code max_tokens}
 * @param batchId the batch that it is an item of
 * @param batchUntil until when it may go by provider batch; null where it goes by the live queue
 * @param keeping what becomes of prompt and answer once it has ended
 */
public record NewJob(
    JobId id,
    int tenantId,
    Lane lane,
    String pool,
    String model,
    @Nullable Instant runAt,
    @Nullable Instant expiresAt,
    int maxAttempts,
    Duration timeout,
    boolean retryAmbiguous,
    int estimatedInput,
    int maxOutput,
    @Nullable String customId,
    @Nullable String userId,
    @Nullable String feature,
    @Nullable UUID batchId,
    @Nullable Instant batchUntil,
    Keeping keeping,
    Request request,
    @Nullable IdempotencyKey key) {

  /**
   * What a call needs and only a call needs.
   *
   * @param params the Messages API request, byte for byte as it came
   * @param metadata the caller's own pairs as a JSON object
   * @param traceParent where in which trace it was submitted, as W3C writes it; null if in none
   */
  public record Request(
      byte[] params,
      String anthropicVersion,
      List<String> anthropicBeta,
      List<String> fallbackModels,
      @Nullable String metadata,
      @Nullable String webhookUrl,
      @Nullable String traceParent) {}

  /**
   * The caller's promise that two posts are one.
   *
   * @param path the request path that the key belongs to
   * @param bodyHash SHA-256 of the raw body
   */
  public record IdempotencyKey(String path, String key, byte[] bodyHash) {}
}
