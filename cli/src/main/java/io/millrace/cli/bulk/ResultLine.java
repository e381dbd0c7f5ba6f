package io.millrace.cli.bulk;

import io.millrace.cli.client.Json;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;

/**
 * What is needed of a line of results.
 *
 * @param type {@code succeeded}, {@code errored}, {@code canceled} or {@code expired}
 * @param cursor behind which results go on
 */
record ResultLine(String customId, String type, @Nullable String cursor) {

  /** The line's, or null where it is none of results. */
  static @Nullable ResultLine of(byte[] line, int length) {
    String customId = null;
    String type = null;
    String cursor = null;
    try (JsonParser parser =
        Json.FACTORY.createParser(ObjectReadContext.empty(), line, 0, length)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        return null;
      }
      while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
        String name = parser.currentName();
        JsonToken value = parser.nextToken();
        switch (name) {
          case "custom_id" -> customId = parser.getValueAsString();
          case "result" -> type = value == JsonToken.START_OBJECT ? text(parser, "type") : null;
          case "millrace" ->
              cursor = value == JsonToken.START_OBJECT ? text(parser, "cursor") : null;
          // Names of an object from outside: what is not known is passed over.
          default -> parser.skipChildren();
        }
      }
    } catch (JacksonException malformed) {
      return null;
    }
    return customId == null || type == null ? null : new ResultLine(customId, type, cursor);
  }

  /** The text of that name in the object at which the parser stands, which is read to its end. */
  private static @Nullable String text(JsonParser parser, String wanted) {
    String text = null;
    while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
      boolean found = parser.currentName().equals(wanted);
      if (parser.nextToken() == JsonToken.VALUE_STRING && found) {
        text = parser.getString();
      }
      parser.skipChildren();
    }
    return text;
  }
}
