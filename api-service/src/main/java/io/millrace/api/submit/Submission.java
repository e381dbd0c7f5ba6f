package io.millrace.api.submit;

import io.millrace.job.Keeping;
import io.millrace.job.Lane;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The body of {@code POST /v1/jobs}, checked, with defaults in place.
 *
 * @param metadata the caller's pairs as the JSON they came as
 * @param timeout null where the body names none
 * @param anthropicVersion null where the body names none
 * @param anthropicBeta null where the body names none
 */
public record Submission(
    Params params,
    @Nullable String customId,
    Lane lane,
    @Nullable String userId,
    @Nullable String feature,
    @Nullable String metadata,
    @Nullable Instant runAt,
    @Nullable Instant expiresAt,
    int maxAttempts,
    List<String> fallbackModels,
    boolean retryAmbiguous,
    @Nullable Duration timeout,
    @Nullable String webhookUrl,
    @Nullable String anthropicVersion,
    @Nullable List<String> anthropicBeta,
    Keeping keeping) {

  /**
   * The Messages API request, and the little of it that Millrace itself must know.
   *
   * @param json the request, byte for byte as it came
   * @param userId its {@code metadata.user_id}, where that can be kept as a user id of ours
   * @param live whether it holds what a Message Batch would refuse
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared; a copy per job would be waste
  public record Params(
      byte[] json, String model, int maxTokens, @Nullable String userId, boolean live) {}
}
