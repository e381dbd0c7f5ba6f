package io.millrace.claude.call;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import tools.jackson.core.JsonToken;

/** The {@code stream} of a request, set in the raw bytes; everything else stays as it is. */
final class StreamField {
  private static final byte[] TRUE = ascii("true");
  private static final byte[] MEMBER = ascii("\"stream\":true,");

  private StreamField() {}

  /**
   * The same request, asking for a stream.
   *
   * @return empty if its own {@code stream} is neither false nor null: Claude is to judge that
   */
  static Optional<byte[]> on(byte[] request) {
    var own = MemberSpans.of(request, "stream");
    if (own.spans().isEmpty()) {
      return Optional.of(inserted(request));
    }
    boolean off =
        own.spans().stream()
            .allMatch(span ->
                span.kind() == JsonToken.VALUE_FALSE || span.kind() == JsonToken.VALUE_NULL);
    return off ? Optional.of(own.replacedBy(TRUE)) : Optional.empty();
  }

  // A request has members, the model at least, so a comma fits behind the new one.
  private static byte[] inserted(byte[] request) {
    int behind = 0;
    while (request[behind] != '{') {
      behind++;
    }
    behind++;
    var out = new ByteArrayOutputStream(request.length + MEMBER.length);
    out.write(request, 0, behind);
    out.writeBytes(MEMBER);
    out.write(request, behind, request.length - behind);
    return out.toByteArray();
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
