package io.millrace.db.webhook;

import io.millrace.delivery.DeliveryError;
import io.millrace.delivery.DeliveryId;
import io.millrace.delivery.DeliveryState;
import io.millrace.job.JobId;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A delivery as it stands.
 *
 * @param endpointId null for the URL that a job names
 * @param url that URL; null for an endpoint's
 * @param attempts all attempts so far
 * @param httpStatus the last attempt's, where it was answered
 * @param error why the last attempt, or the delivery, came to nothing
 * @param nextAttemptAt when a pending one is due; null while it is under way
 */
public record DeliveryView(
    DeliveryId id,
    @Nullable UUID endpointId,
    @Nullable String url,
    String eventType,
    @Nullable JobId jobId,
    DeliveryState state,
    int attempts,
    @Nullable Integer httpStatus,
    @Nullable DeliveryError error,
    Instant occurredAt,
    Instant createdAt,
    @Nullable Instant nextAttemptAt,
    @Nullable Instant finishedAt) {

  /**
   * One request for it.
   *
   * @param error null where it was answered 2xx
   * @param response the beginning of what the receiver answered
   */
  public record Attempt(
      int no,
      Instant startedAt,
      Instant finishedAt,
      @Nullable Integer httpStatus,
      @Nullable DeliveryError error,
      @Nullable String response) {}
}
