package io.millrace.simulator.answer;

import io.millrace.simulator.http.Bytes;

/** The server-sent events of a streamed answer, each as the bytes that go out. */
final class Events {
  private final Produced produced;

  Events(Produced produced) {
    this.produced = produced;
  }

  byte[] start() {
    Bytes out = begin("message_start").ascii(",\"message\":");
    produced.head(out);
    out.ascii("],\"stop_reason\":null,\"stop_sequence\":null,");
    produced.usage(out, Math.min(1, produced.usage().outputTokens()));
    end(out.ascii("}"));
    if (produced.usage().outputTokens() > 0) {
      out.ascii("event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,");
      end(out.ascii("\"content_block\":{\"type\":\"text\",\"text\":\"\"}"));
    }
    out.ascii("event: ping\ndata: {\"type\":\"ping\"}\n\n");
    return out.toArray();
  }

  byte[] delta(String piece) {
    Bytes out =
        begin("content_block_delta")
            .ascii(",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"");
    return end(out.ascii(AnswerText.escape(piece)).ascii("\"}"));
  }

  byte[] stop() {
    Bytes out = new Bytes(512);
    if (produced.usage().outputTokens() > 0) {
      out.ascii(
          "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n");
    }
    out.ascii(
            "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"")
        .ascii(produced.stopReason());
    out.ascii("\",\"stop_sequence\":null");
    if (produced.stopReason().equals("refusal")) {
      out.ascii(",\"stop_details\":{\"type\":\"refusal\",\"category\":null,\"explanation\":null}");
    }
    out.ascii("},");
    produced.usage(out, produced.usage().outputTokens());
    end(out);
    return out.ascii("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n").toArray();
  }

  static byte[] overloaded(String requestId) {
    Bytes out =
        begin("error")
            .ascii(",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}");
    return end(out.ascii(",\"request_id\":\"").ascii(requestId).ascii("\""));
  }

  private static Bytes begin(String type) {
    return new Bytes(512)
        .ascii("event: ")
        .ascii(type)
        .ascii("\ndata: {\"type\":\"")
        .ascii(type)
        .ascii("\"");
  }

  private static byte[] end(Bytes out) {
    return out.ascii("}\n\n").toArray();
  }
}
