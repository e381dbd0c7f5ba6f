package io.millrace.api.webhook;

import static io.millrace.api.fields.Values.refused;

import io.millrace.api.fields.SmallBody;
import io.millrace.api.fields.Values;
import io.millrace.db.webhook.DeliveryFilter;
import io.millrace.delivery.DeliveryId;
import io.millrace.delivery.DeliveryState;
import io.millrace.delivery.EndpointId;
import io.millrace.job.JobId;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.time.Instant;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/**
 * The fields of a filter of deliveries while they come in. What is not named does not narrow it; a
 * field that is named must say something, as in a filter of jobs.
 */
final class DeliveryFields {

  private static final String STATUS = "status";
  private static final Set<String> OF_QUERY =
      Set.of(STATUS, "endpoint_id", "job_id", "event_type", "created_after", "created_before");
  private static final Set<String> NARROWING =
      Set.of(STATUS, "endpoint_id", "job_id", "event_type", "from", "to");
  private static final int MAX_WORD = 64;
  private static final Instant LATEST = Instant.parse("9999-12-31T23:59:59Z");

  /** What a replay without a status means: all that did not arrive, and still can. */
  private static final Set<DeliveryState> UNDELIVERED =
      EnumSet.of(DeliveryState.FAILED, DeliveryState.MISSED);

  private final Set<String> given = new HashSet<>();
  private Set<DeliveryState> states = EnumSet.allOf(DeliveryState.class);
  private @Nullable UUID endpointId;
  private @Nullable JobId jobId;
  private @Nullable String eventType;
  private @Nullable Instant from;
  private @Nullable Instant to;
  private @Nullable DeliveryId after;
  private boolean all;
  private boolean dryRun;

  private DeliveryFields() {}

  /** The filter in the query parameters; other parameters are somebody else's. */
  static DeliveryFields ofQuery(HttpServletRequest request) {
    var fields = new DeliveryFields();
    for (String name : OF_QUERY) {
      String[] values = request.getParameterValues(name);
      if (values == null) {
        continue;
      }
      if (name.equals(STATUS)) {
        fields.states(List.of(values));
      } else if (values.length > 1) {
        throw refused(name, "Input should be given once");
      } else {
        fields.read(name, values[0]);
      }
    }
    return fields;
  }

  /** Of a replay among the deliveries of one endpoint. */
  static DeliveryFields ofReplay(HttpServletRequest request, EndpointId endpoint)
      throws IOException {
    var fields = read(request, Set.of(STATUS, "from", "to", "after_id", "dry_run"));
    fields.endpointId = endpoint.uuid();
    return fields;
  }

  /** Of a replay among all deliveries of a tenant. */
  static DeliveryFields ofReplay(HttpServletRequest request) throws IOException {
    Set<String> names = new HashSet<>(NARROWING);
    names.addAll(Set.of("after_id", "dry_run", "all"));
    var fields = read(request, names);
    if (!fields.all && NARROWING.stream().noneMatch(fields.given::contains)) {
      throw refused(
          "filter",
          "Name at least one of status, endpoint_id, job_id, event_type, from, to; or say"
              + " \"all\": true, which means all that did not arrive");
    }
    return fields;
  }

  private static DeliveryFields read(HttpServletRequest request, Set<String> names)
      throws IOException {
    var fields = new DeliveryFields();
    fields.states = UNDELIVERED;
    SmallBody.read(request, names, fields::field);
    if (fields.states.contains(DeliveryState.DROPPED)) {
      throw refused(STATUS, "What was dropped has nobody to go to any more");
    }
    return fields;
  }

  DeliveryFilter filter(int tenantId) {
    return new DeliveryFilter(tenantId, states, endpointId, jobId, eventType, from, to);
  }

  @Nullable DeliveryId after() {
    return after;
  }

  boolean dryRun() {
    return dryRun;
  }

  private void field(String name, JsonParser json) {
    var values = new Values(json);
    given.add(name);
    switch (name) {
      case STATUS ->
          states(
              json.currentToken() == JsonToken.START_ARRAY
                  ? values.texts(name, DeliveryState.values().length, MAX_WORD)
                  : List.of(values.text(name, MAX_WORD)));
      case "all" -> all = values.bool(name);
      case "dry_run" -> dryRun = values.bool(name);
      default -> read(name, values.text(name, MAX_WORD));
    }
  }

  private void read(String name, String value) {
    switch (name) {
      case "endpoint_id" ->
          endpointId =
              EndpointId.parse(value)
                  .orElseThrow(() -> refused(name, "Input should be an endpoint's id"))
                  .uuid();
      case "job_id" ->
          jobId = JobId.parse(value).orElseThrow(() -> refused(name, "Input should be a job's id"));
      case "after_id" ->
          after =
              DeliveryId.parse(value)
                  .orElseThrow(() -> refused(name, "Input should be a delivery's id"));
      case "event_type" -> eventType = Values.text(name, value, MAX_WORD);
      case "from", "created_after" -> from = time(name, value);
      case "to", "created_before" -> to = time(name, value);
      default -> throw new IllegalArgumentException(name);
    }
  }

  private void states(List<String> given) {
    states = EnumSet.noneOf(DeliveryState.class);
    given.stream()
        .flatMap(words -> Arrays.stream(words.split(",", -1)))
        .map(String::strip)
        .forEach(word ->
            states.add(
                DeliveryState.parse(word)
                    .orElseThrow(() ->
                        refused(
                            STATUS,
                            "Input should be 'pending', 'delivered', 'failed', 'missed' or"
                                + " 'dropped'"))));
    if (states.isEmpty()) {
      throw refused(STATUS, "List should have at least 1 item");
    }
  }

  /** In a query an unescaped plus arrives as a space: no valid time has one. */
  private static Instant time(String name, String value) {
    Instant time = Values.time(name, value.replace(' ', '+'));
    if (time.isBefore(Instant.EPOCH) || time.isAfter(LATEST)) {
      throw refused(name, "Input should be from 1970 to 9999");
    }
    return time;
  }
}
