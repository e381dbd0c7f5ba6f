package io.millrace.claude.batch;

import io.millrace.claude.json.Json;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/**
 * A batch as the provider shows it. How far it is does not show before it has ended.
 *
 * @param size of all its requests
 */
public record MessageBatch(
    String id,
    boolean ended,
    long size,
    Instant createdAt,
    @Nullable Instant expiresAt,
    @Nullable Instant archivedAt) {

  private static final List<String> COUNTS =
      List.of("processing", "succeeded", "errored", "canceled", "expired");

  /** One page of the list, newest first. */
  public record Page(List<MessageBatch> batches, boolean more) {}

  /** Reads one; empty unless the bytes are one. */
  public static Optional<MessageBatch> read(byte[] body) {
    try (JsonParser parser = Json.parser(body)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        return Optional.empty();
      }
      Map<String, String> scalars = Json.scalars(parser);
      return parser.nextToken() == null ? of(scalars) : Optional.empty();
    } catch (JacksonException malformed) {
      return Optional.empty();
    }
  }

  /** Reads a page of the list; empty unless the bytes are one. */
  public static Optional<Page> readPage(byte[] body) {
    try (JsonParser parser = Json.parser(body)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        return Optional.empty();
      }
      List<MessageBatch> batches = new ArrayList<>();
      boolean found = false;
      boolean more = false;
      while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
        String name = parser.currentName();
        JsonToken value = parser.nextToken();
        if ("data".equals(name) && value == JsonToken.START_ARRAY) {
          found = true;
          while (parser.nextToken() == JsonToken.START_OBJECT) {
            of(Json.scalars(parser)).ifPresent(batches::add);
          }
        } else if ("has_more".equals(name)) {
          more = value == JsonToken.VALUE_TRUE;
        } else {
          parser.skipChildren();
        }
      }
      return found && parser.nextToken() == null
          ? Optional.of(new Page(batches, more))
          : Optional.empty();
    } catch (JacksonException malformed) {
      return Optional.empty();
    }
  }

  private static Optional<MessageBatch> of(Map<String, String> scalars) {
    String id = scalars.get("id");
    String status = scalars.get("processing_status");
    Instant created = time(scalars.get("created_at"));
    if (id == null || status == null || created == null) {
      return Optional.empty();
    }
    long size = 0;
    for (String count : COUNTS) {
      size += number(scalars.getOrDefault("request_counts." + count, "0"));
    }
    return Optional.of(
        new MessageBatch(
            id,
            "ended".equals(status),
            size,
            created,
            time(scalars.get("expires_at")),
            time(scalars.get("archived_at"))));
  }

  private static long number(String text) {
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException e) {
      return 0;
    }
  }

  private static @Nullable Instant time(@Nullable String text) {
    if (text == null) {
      return null;
    }
    try {
      return OffsetDateTime.parse(text).toInstant();
    } catch (DateTimeParseException e) {
      return null;
    }
  }
}
