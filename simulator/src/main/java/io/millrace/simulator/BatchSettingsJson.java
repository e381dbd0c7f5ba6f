package io.millrace.simulator;

import io.millrace.simulator.batch.BatchSettings;
import io.millrace.simulator.timing.Distribution;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;

/** How batches go, in the control API; durations as milliseconds or with a unit. */
final class BatchSettingsJson {
  private BatchSettingsJson() {}

  static BatchSettings read(JsonNode node, BatchSettings before) {
    BatchSettings read = before;
    for (Map.Entry<String, JsonNode> field : node.properties()) {
      JsonNode value = field.getValue();
      read =
          switch (field.getKey()) {
            case "time" -> read.withTime(Distribution.parse(value.asString()));
            case "factor" -> read.withFactor(value.asDouble());
            case "in_flight" -> read.withInFlight(value.asInt());
            case "canceling" -> read.withCanceling(duration(value));
            case "not_found" -> read.withNotFound(duration(value));
            case "unlisted" -> read.withUnlisted(duration(value));
            default ->
                throw new IllegalArgumentException(
                    "batches has no '"
                        + field.getKey()
                        + "'; it has time, factor, in_flight, canceling, not_found, unlisted");
          };
    }
    return read;
  }

  private static Duration duration(JsonNode value) {
    if (Distribution.parse(value.asString()) instanceof Distribution.Fixed(double millis)) {
      return Duration.ofNanos((long) (millis * 1e6));
    }
    throw new IllegalArgumentException("'" + value.asString() + "' is not a duration");
  }

  static Map<String, Object> write(BatchSettings settings) {
    Map<String, Object> shown = new TreeMap<>();
    shown.put("time", settings.time().toString());
    shown.put("factor", settings.factor());
    shown.put("in_flight", settings.inFlight());
    shown.put("canceling", settings.canceling().toMillis());
    shown.put("not_found", settings.notFound().toMillis());
    shown.put("unlisted", settings.unlisted().toMillis());
    return shown;
  }
}
