package io.millrace.api.webhook;

import io.millrace.db.webhook.DeliveryView;
import io.millrace.delivery.DeliveryError;
import io.millrace.delivery.DeliveryId;
import io.millrace.delivery.EndpointId;
import io.millrace.wire.JsonWriter;
import org.jspecify.annotations.Nullable;

/** Writes deliveries and their attempts. */
final class DeliveryJson {

  static final String ATTEMPT = "attempt_";

  private DeliveryJson() {}

  static byte[] write(DeliveryView delivery) {
    var json =
        new JsonWriter()
            .text("id", delivery.id().toString())
            .text("type", "webhook_delivery")
            .text("event_type", delivery.eventType())
            .text("status", delivery.state().wireName())
            .text(
                "endpoint_id",
                delivery.endpointId() == null
                    ? null
                    : new EndpointId(delivery.endpointId()).toString())
            .text("url", delivery.url())
            .text("job_id", delivery.jobId() == null ? null : delivery.jobId().toString())
            .number("attempts", delivery.attempts());
    return outcome(json, delivery.httpStatus(), delivery.error())
        .time("occurred_at", delivery.occurredAt())
        .time("created_at", delivery.createdAt())
        .time("next_attempt_at", delivery.nextAttemptAt())
        .time("finished_at", delivery.finishedAt())
        .finish();
  }

  static byte[] write(DeliveryId delivery, DeliveryView.Attempt attempt) {
    var json =
        new JsonWriter()
            .text("id", ATTEMPT + attempt.no())
            .text("type", "webhook_attempt")
            .text("delivery_id", delivery.toString())
            .number("number", attempt.no())
            .time("started_at", attempt.startedAt())
            .time("finished_at", attempt.finishedAt());
    return outcome(json, attempt.httpStatus(), attempt.error())
        .text("response", attempt.response())
        .finish();
  }

  private static JsonWriter outcome(
      JsonWriter json, @Nullable Integer httpStatus, @Nullable DeliveryError error) {
    json.optionalNumber("http_status", httpStatus == null ? null : httpStatus.longValue());
    if (error == null) {
      return json.text("error", null);
    }
    return json.object("error")
        .text("code", error.wireName())
        .text("message", error.description())
        .end();
  }
}
