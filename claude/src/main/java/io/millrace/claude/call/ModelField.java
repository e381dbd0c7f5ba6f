package io.millrace.claude.call;

import io.millrace.claude.json.Json;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/** The {@code model} of a request, read and replaced in the raw bytes. */
public final class ModelField {

  private ModelField() {}

  /** The model that the request names. */
  public static Optional<String> read(byte[] request) {
    return spans(request).stream()
        .reduce((earlier, later) -> later)
        .map(span -> {
          try (JsonParser parser =
              Json.parser(
                  Json.slice(request, span.from, span.to).getBytes(StandardCharsets.UTF_8))) {
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
    List<Span> spans = spans(request);
    if (spans.isEmpty()) {
      throw new IllegalArgumentException("The request names no model");
    }
    byte[] quoted = quoted(model);
    var out = new ByteArrayOutputStream(request.length + quoted.length * spans.size());
    int from = 0;
    for (Span span : spans) {
      out.write(request, from, span.from - from);
      out.writeBytes(quoted);
      from = span.to;
    }
    out.write(request, from, request.length - from);
    return out.toByteArray();
  }

  private record Span(int from, int to) {}

  private static List<Span> spans(byte[] request) {
    var spans = new ArrayList<Span>();
    try (JsonParser parser = Json.parser(request)) {
      parser.nextToken();
      while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
        boolean model = "model".equals(parser.currentName());
        JsonToken value = parser.nextToken();
        if (model && value == JsonToken.VALUE_STRING) {
          int from = Math.toIntExact(parser.currentTokenLocation().getByteOffset());
          spans.add(new Span(from, endOfString(request, from)));
        }
        parser.skipChildren();
      }
    }
    return spans;
  }

  private static int endOfString(byte[] request, int openingQuote) {
    int at = openingQuote + 1;
    while (request[at] != '"') {
      at += request[at] == '\\' ? 2 : 1;
    }
    return at + 1;
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
