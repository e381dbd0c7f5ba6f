package io.millrace.cli.bulk;

import io.millrace.cli.client.Json;
import io.millrace.cli.client.Table;
import java.math.BigDecimal;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A batch as the server shows it. */
record Batch(Map<?, ?> fields) {

  private static final Map<?, ?> NOTHING = Map.of();

  /** The batch in an answer, or null where the answer holds none. */
  static @Nullable Batch of(byte[] json) {
    return Json.readOrNull(json) instanceof Map<?, ?> fields
            && "message_batch".equals(fields.get("type"))
            && fields.get("id") instanceof String
        ? new Batch(fields)
        : null;
  }

  String id() {
    return String.valueOf(fields.get("id"));
  }

  String status() {
    return String.valueOf(fields.get("processing_status"));
  }

  boolean hasEnded() {
    return status().equals("ended");
  }

  boolean isCanceling() {
    return status().equals("canceling");
  }

  /** How many items it has. */
  long items() {
    return map("request_counts").values().stream()
        .mapToLong(count -> count instanceof BigDecimal number ? number.longValue() : 0)
        .sum();
  }

  /** As it stands at this moment. */
  Tally tally() {
    Map<?, ?> counts = map("millrace", "counts");
    return Tally.of(
        counts.isEmpty() ? map("request_counts") : counts,
        map("millrace", "usage"),
        map("millrace", "cost"));
  }

  @Nullable Object at(String... path) {
    return Table.at(fields, path);
  }

  private Map<?, ?> map(String... path) {
    return at(path) instanceof Map<?, ?> map ? map : NOTHING;
  }
}
