package io.millrace.claude.trace;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import org.jspecify.annotations.Nullable;

/** Something under way, which a span tells of once it is closed; {@link #NONE} tells nobody. */
public final class Step implements AutoCloseable {

  /** What every step is while tracing is off. */
  public static final Step NONE = new Step(null, null);

  private final @Nullable Tracer tracer;
  private final @Nullable Span span;

  private Step(@Nullable Tracer tracer, @Nullable Span span) {
    this.tracer = tracer;
    this.span = span;
  }

  static Step begin(Tracer tracer, String name, SpanKind kind, Context parent) {
    return new Step(
        tracer, tracer.spanBuilder(name).setSpanKind(kind).setParent(parent).startSpan());
  }

  /** A part of this step. */
  public Step begin(String name) {
    return begin(name, SpanKind.INTERNAL);
  }

  /** A part of this step that is a call to somebody else. */
  public Step call(String name) {
    return begin(name, SpanKind.CLIENT);
  }

  private Step begin(String name, SpanKind kind) {
    return tracer == null || span == null
        ? NONE
        : begin(tracer, name, kind, Context.root().with(span));
  }

  /** Whether somebody will read this: if not, attributes need not be computed. */
  public boolean isRead() {
    return span != null && span.isRecording();
  }

  public Step put(String attribute, String value) {
    if (span != null) {
      span.setAttribute(attribute, value);
    }
    return this;
  }

  public Step put(String attribute, long value) {
    if (span != null) {
      span.setAttribute(attribute, value);
    }
    return this;
  }

  /**
   * Marks it as failed.
   *
   * @param code one of few; never a message, which may quote content
   */
  public void fail(String code) {
    if (span != null) {
      span.setAttribute("error.type", code);
      span.setStatus(StatusCode.ERROR, code);
    }
  }

  /** What makes later steps, in whichever process, parts of this one; null while off. */
  public @Nullable String traceParent() {
    return span == null ? null : TraceParent.of(span.getSpanContext());
  }

  @Override
  public void close() {
    if (span != null) {
      span.end();
    }
  }
}
