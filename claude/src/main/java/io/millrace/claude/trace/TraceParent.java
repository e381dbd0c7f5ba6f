package io.millrace.claude.trace;

import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The W3C {@code traceparent}: where in which trace something belongs. */
public final class TraceParent {

  private static final int LENGTH = 55;
  private static final Pattern FORM =
      Pattern.compile(
          "(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-.*)?");

  private TraceParent() {}

  /**
   * The header as it is kept with a job: in the form of version 00, whatever a later version adds.
   *
   * @return null where the header is missing or not valid, which is no reason to refuse a request
   */
  public static @Nullable String of(@Nullable String header) {
    if (header == null || header.length() < LENGTH || !FORM.matcher(header).matches()) {
      return null;
    }
    boolean current = header.startsWith("00");
    if (current && header.length() > LENGTH) {
      return null;
    }
    return current ? header : "00" + header.substring(2, LENGTH);
  }

  static SpanContext context(String traceParent) {
    return SpanContext.createFromRemoteParent(
        traceParent.substring(3, 35),
        traceParent.substring(36, 52),
        TraceFlags.fromHex(traceParent, 53),
        TraceState.getDefault());
  }

  static String of(SpanContext context) {
    return "00-"
        + context.getTraceId()
        + "-"
        + context.getSpanId()
        + "-"
        + context.getTraceFlags().asHex();
  }
}
