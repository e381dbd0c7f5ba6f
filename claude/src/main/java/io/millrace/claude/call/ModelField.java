package io.millrace.claude.call;

import io.millrace.claude.json.Json;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/** The {@code model} of a request, read and replaced in the raw bytes. */
public final class ModelField {

  private static final String MODEL = "model";

  private ModelField() {}

  /** The model that the request names. */
  public static Optional<String> read(byte[] request) {
    return MemberSpans.of(request, MODEL).only(JsonToken.VALUE_STRING).spans().stream()
        .reduce((earlier, later) -> later)
        .map(span -> {
          try (JsonParser parser =
              Json.parser(
                  Json.slice(request, span.from(), span.to()).getBytes(StandardCharsets.UTF_8))) {
            parser.nextToken();
            return parser.getString();
          }
        });
  }

  /**
   * The same request for another model: only the value of the top-level {@code model} differs, in
   * every place where the name stands, should it stand twice.
   *
   * @throws IllegalArgumentException if there is no top-level model of type string
   */
  public static byte[] replace(byte[] request, String model) {
    var spans = MemberSpans.of(request, MODEL).only(JsonToken.VALUE_STRING);
    if (spans.spans().isEmpty()) {
      throw new IllegalArgumentException("The request names no model");
    }
    return spans.replacedBy(quoted(model));
  }

  private static byte[] quoted(String model) {
    var text = new StringBuilder("\"");
    model
        .chars()
        .forEach(c -> {
          if (c == '"' || c == '\\') {
            text.append('\\').append((char) c);
          } else if (c < ' ') {
            text.append(String.format("\\u%04x", c));
          } else {
            text.append((char) c);
          }
        });
    return text.append('"').toString().getBytes(StandardCharsets.UTF_8);
  }
}
