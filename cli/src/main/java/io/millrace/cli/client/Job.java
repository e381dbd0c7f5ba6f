package io.millrace.cli.client;

import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A job as the server shows it. */
record Job(byte[] json, Map<?, ?> fields) {

  /** The job in an answer, or null where the answer holds none. */
  static @Nullable Job of(byte[] json) {
    return Json.readOrNull(json) instanceof Map<?, ?> fields && "job".equals(fields.get("type"))
        ? new Job(json, fields)
        : null;
  }

  String id() {
    return String.valueOf(fields.get("id"));
  }

  String status() {
    return String.valueOf(fields.get("status"));
  }

  boolean isFinal() {
    return !status().equals("queued") && !status().equals("running");
  }

  boolean hasSucceeded() {
    return status().equals("succeeded");
  }

  @Nullable String waitingFor() {
    return fields.get("waiting_for") instanceof String reason ? reason : null;
  }

  @Nullable String expectedStart() {
    return fields.get("expected_start") instanceof String time ? time : null;
  }

  /** The answer's text. */
  String text() {
    return content()
        .filter(block -> "text".equals(block.get("type")))
        .map(block -> String.valueOf(block.get("text")))
        .collect(Collectors.joining());
  }

  /** Kinds of content that are no text. */
  List<String> otherContent() {
    return content()
        .map(block -> String.valueOf(block.get("type")))
        .filter(type -> !type.equals("text"))
        .distinct()
        .toList();
  }

  @Nullable String stopReason() {
    return at("result", "message", "stop_reason") instanceof String reason ? reason : null;
  }

  private java.util.stream.Stream<Map<?, ?>> content() {
    List<Map<?, ?>> blocks = new ArrayList<>();
    if (at("result", "message", "content") instanceof List<?> items) {
      for (Object item : items) {
        if (item instanceof Map<?, ?> block) {
          blocks.add(block);
        }
      }
    }
    return blocks.stream();
  }

  /** Why it did not succeed. */
  String failure() {
    Object code = at("failure", "code");
    return code == null
        ? "the job is %s.".formatted(status())
        : "the job %s: %s (%s).".formatted(status(), at("failure", "message"), code);
  }

  /** Tokens, cost, id and time in one line. */
  String bill() {
    List<String> parts = new ArrayList<>();
    parts.add(tokens() + ", " + cost());
    parts.add(id());
    if (fields.get("attempts") instanceof BigDecimal calls && calls.intValue() != 1) {
      parts.add(calls + " calls");
    }
    Duration duration = duration();
    if (duration != null) {
      parts.add(seconds(duration));
    }
    return String.join(" · ", parts);
  }

  private String tokens() {
    long read = tokens("cache_read_input_tokens");
    long written = tokens("cache_creation_input_tokens");
    String cached =
        (read > 0 ? " (+ %d read from cache)".formatted(read) : "")
            + (written > 0 ? " (+ %d written to cache)".formatted(written) : "");
    return "%d in%s, %d out tokens"
        .formatted(tokens("input_tokens"), cached, tokens("output_tokens"));
  }

  private long tokens(String kind) {
    return at("usage", kind) instanceof BigDecimal number ? number.longValue() : 0;
  }

  private String cost() {
    String amount = at("cost", "amount") instanceof String dollars ? "$" + dollars : "cost unknown";
    return at("cost", "suspected") instanceof String suspected
            && new BigDecimal(suspected).signum() > 0
        ? amount + " (+ $" + suspected + " suspected)"
        : amount;
  }

  private @Nullable Duration duration() {
    return fields.get("created_at") instanceof String from
            && fields.get("finished_at") instanceof String until
        ? Duration.between(Instant.parse(from), Instant.parse(until))
        : null;
  }

  static String seconds(Duration duration) {
    return "%.1f s".formatted(duration.toMillis() / 1000.0);
  }

  private @Nullable Object at(String... path) {
    Object value = fields;
    for (String name : path) {
      value = value instanceof Map<?, ?> map ? map.get(name) : null;
    }
    return value;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Job job && fields.equals(job.fields);
  }

  @Override
  public int hashCode() {
    return Objects.hash(fields);
  }

  /** Prompts and answers stay out of whatever prints this. */
  @Override
  public String toString() {
    return id() + " " + status();
  }
}
