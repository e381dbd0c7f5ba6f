package io.millrace.simulator.answer;

import io.millrace.simulator.http.Bytes;
import io.millrace.simulator.journal.Usage;
import io.millrace.simulator.model.Model;

/**
 * An answer before it is written out.
 *
 * @param opening how the question began
 * @param tier the service tier that it is billed by
 */
public record Produced(
    String id, Model model, String opening, String stopReason, Usage usage, String tier) {
  public static final String STANDARD = "standard";
  public static final String BATCH = "batch";

  /** Made when it is needed: ten thousand calls in flight hold no answers. */
  String text() {
    return AnswerText.of(opening, model, usage.outputTokens());
  }

  /** The message object. */
  public byte[] json() {
    String text = text();
    Bytes out = new Bytes(text.length() + 640);
    head(out);
    if (!text.isEmpty()) {
      out.ascii("{\"type\":\"text\",\"text\":\"").ascii(AnswerText.escape(text)).ascii("\"}");
    }
    out.ascii("],\"stop_reason\":\"").ascii(stopReason).ascii("\",\"stop_sequence\":null,");
    if (stopReason.equals("refusal")) {
      out.ascii("\"stop_details\":{\"type\":\"refusal\",\"category\":null,\"explanation\":null},");
    }
    usage(out, usage.outputTokens());
    return out.ascii("}").toArray();
  }

  /** The message object up to the opening bracket of its content. */
  void head(Bytes out) {
    out.ascii("{\"id\":\"")
        .ascii(id)
        .ascii("\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"")
        .ascii(model.id());
    out.ascii("\",\"content\":[");
  }

  void usage(Bytes out, long outputTokens) {
    out.ascii("\"usage\":{\"input_tokens\":").number(usage.inputTokens());
    out.ascii(",\"cache_creation_input_tokens\":").number(usage.cacheCreationInputTokens());
    out.ascii(",\"cache_read_input_tokens\":").number(usage.cacheReadInputTokens());
    out.ascii(",\"cache_creation\":{\"ephemeral_5m_input_tokens\":")
        .number(usage.cacheWrite5mTokens());
    out.ascii(",\"ephemeral_1h_input_tokens\":").number(usage.cacheWrite1hTokens());
    out.ascii("},\"output_tokens\":")
        .number(outputTokens)
        .ascii(",\"service_tier\":\"")
        .ascii(tier)
        .ascii("\"}");
  }
}
