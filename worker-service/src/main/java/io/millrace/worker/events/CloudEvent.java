package io.millrace.worker.events;

import io.millrace.failure.FailureClass;
import io.millrace.failure.FailureCode;
import io.millrace.wire.JsonWriter;
import java.time.Instant;
import java.util.UUID;

/** The form of an event on the topic; {@code docs/schemas/job-event.json} describes it. */
final class CloudEvent {

  /** Grows where a consumer of the version before could go wrong. */
  static final String SCHEMA = "urn:millrace:job-event:1";

  static final String CONTENT_TYPE = "application/cloudevents+json; charset=UTF-8";

  private CloudEvent() {}

  static byte[] write(JobEvent event, UUID id, Instant time) {
    String job = event.id().toString();
    var json =
        new JsonWriter()
            .text("specversion", "1.0")
            .text("id", id.toString())
            .text("source", "/millrace")
            .text("type", event.type())
            .text("subject", job)
            .time("time", time)
            .text("datacontenttype", "application/json")
            .text("dataschema", SCHEMA)
            .text("partitionkey", job)
            .text("tenant", Integer.toString(event.tenantId()))
            .object("data")
            .text("id", job)
            .text("type", "job")
            .text("status", event.state().wireName());
    var details = event.details();
    if (details != null) {
      json.text("lane", details.lane().wireName())
          .text("model", details.model())
          .text("feature", details.feature())
          .number("attempts", details.attempts());
      if (details.failureCode() == null) {
        json.text("failure", null);
      } else {
        json.object("failure")
            .text("code", details.failureCode())
            .text("class", failureClass(details.failureCode()))
            .end();
      }
    }
    return json.end().finish();
  }

  /** The class of a code; of one that is not known, as by an older worker, the one that ends. */
  static String failureClass(String code) {
    return FailureCode.fromWireName(code)
        .map(FailureCode::failureClass)
        .map(FailureClass::wireName)
        .orElse("permanent");
  }
}
