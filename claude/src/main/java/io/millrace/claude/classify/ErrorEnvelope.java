package io.millrace.claude.classify;

import io.millrace.claude.json.Json;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/**
 * The provider's error object: {@code {"type":"error","error":{type, message,
 * details{error_code}}}}.
 */
record ErrorEnvelope(String type, String message, String errorCode) {

  /** Empty if the bytes are something else, for example the HTML of a proxy. */
  static Optional<ErrorEnvelope> read(byte[] body) {
    try (JsonParser parser = Json.parser(body)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        return Optional.empty();
      }
      Map<String, String> scalars = Json.scalars(parser);
      if (parser.nextToken() != null || !"error".equals(scalars.get("type"))) {
        return Optional.empty();
      }
      return Optional.of(
          new ErrorEnvelope(
              scalars.getOrDefault("error.type", ""),
              scalars.getOrDefault("error.message", ""),
              scalars.getOrDefault("error.details.error_code", "")));
    } catch (JacksonException e) {
      return Optional.empty();
    }
  }
}
