package io.millrace.claude.classify;

import io.millrace.claude.json.Json;
import io.millrace.money.Usage;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/** Reads one Message in a single pass, keeping only what {@link MessageFacts} needs. */
final class MessageReader {
  private final byte[] bytes;
  private @Nullable String type;
  private @Nullable String id;
  private @Nullable String model;
  private @Nullable String stopReason;
  private boolean content;
  private @Nullable Usage usage;
  private String rawUsage = "";

  private MessageReader(byte[] bytes) {
    this.bytes = bytes;
  }

  static Optional<MessageFacts> read(byte[] bytes) {
    var reader = new MessageReader(bytes);
    try (JsonParser parser = Json.parser(bytes)) {
      return reader.isOneObject(parser) ? reader.facts() : Optional.empty();
    } catch (JacksonException e) {
      return Optional.empty();
    }
  }

  // A message without usage could not be priced, and a cost of nothing would be a lie.
  private Optional<MessageFacts> facts() {
    return "message".equals(type) && content && usage != null
        ? Optional.of(new MessageFacts(id, model, stopReason, usage, rawUsage))
        : Optional.empty();
  }

  private boolean isOneObject(JsonParser parser) {
    if (parser.nextToken() != JsonToken.START_OBJECT) {
      return false;
    }
    while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
      String name = parser.currentName();
      JsonToken value = parser.nextToken();
      switch (name) {
        case "type" -> type = text(parser, value);
        case "id" -> id = text(parser, value);
        case "model" -> model = text(parser, value);
        case "stop_reason" -> stopReason = text(parser, value);
        case "content" -> {
          content = value == JsonToken.START_ARRAY;
          parser.skipChildren();
        }
        case "usage" -> usage(parser, value);
        default -> parser.skipChildren();
      }
    }
    return parser.nextToken() == null;
  }

  private static @Nullable String text(JsonParser parser, JsonToken value) {
    parser.skipChildren();
    return value == JsonToken.VALUE_STRING ? parser.getString() : null;
  }

  private void usage(JsonParser parser, JsonToken value) {
    if (value != JsonToken.START_OBJECT) {
      parser.skipChildren();
      return;
    }
    long from = parser.currentTokenLocation().getByteOffset();
    Map<String, String> scalars = Json.scalars(parser);
    rawUsage = Json.slice(bytes, from, parser.currentLocation().getByteOffset());
    usage = RawUsage.of(scalars);
  }
}
