package io.millrace.claude.call;

import io.millrace.claude.json.Json;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/** Where the values of a top-level member stand in a request's raw bytes, should it stand twice. */
record MemberSpans(byte[] request, List<Span> spans) {

  /** From its first byte to the one behind its last. */
  record Span(JsonToken kind, int from, int to) {}

  static MemberSpans of(byte[] request, String name) {
    var spans = new ArrayList<Span>();
    try (JsonParser parser = Json.parser(request)) {
      parser.nextToken();
      while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
        boolean wanted = name.equals(parser.currentName());
        JsonToken kind = parser.nextToken();
        long from = parser.currentTokenLocation().getByteOffset();
        parser.skipChildren();
        parser.finishToken();
        if (wanted) {
          long to = parser.currentLocation().getByteOffset();
          spans.add(new Span(kind, Math.toIntExact(from), Math.toIntExact(to)));
        }
      }
    }
    return new MemberSpans(request, spans);
  }

  /** Only those of a kind. */
  MemberSpans only(JsonToken kind) {
    return new MemberSpans(request, spans.stream().filter(span -> span.kind == kind).toList());
  }

  /** The same request with each of the spans replaced. */
  byte[] replacedBy(byte[] value) {
    var out = new ByteArrayOutputStream(request.length + value.length * spans.size());
    int from = 0;
    for (Span span : spans) {
      out.write(request, from, span.from - from);
      out.writeBytes(value);
      from = span.to;
    }
    out.write(request, from, request.length - from);
    return out.toByteArray();
  }
}
