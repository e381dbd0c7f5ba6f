package io.millrace.claude.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.net.URI;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

class TracesTest {

  private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
  private static final String CALLER = "00-" + TRACE + "-00f067aa0ba902b7-01";
  private static final String UNSAMPLED = "00-" + TRACE + "-00f067aa0ba902b7-00";

  private final Kept kept = new Kept();

  private static final class Kept implements SpanExporter {
    private final List<SpanData> spans = new CopyOnWriteArrayList<>();

    @Override
    public CompletableResultCode export(Collection<SpanData> batch) {
      spans.addAll(batch);
      return CompletableResultCode.ofSuccess();
    }

    @Override
    public CompletableResultCode flush() {
      return CompletableResultCode.ofSuccess();
    }

    @Override
    public CompletableResultCode shutdown() {
      return CompletableResultCode.ofSuccess();
    }
  }

  private static TraceSettings settings(double ratio) {
    return new TraceSettings(URI.create("http://127.0.0.1:1"), Map.of(), ratio, "test");
  }

  @Test
  void withoutAnEndpointNothingIsTraced() {
    var settings = TraceSettings.read(name -> "", "millrace-api");

    assertThat(settings).isNull();
    assertThat(Traces.of(settings)).isSameAs(Traces.OFF);
    var step = Traces.OFF.serve("submit", CALLER);
    assertThat(step).isSameAs(Step.NONE);
    assertThat(step.begin("record")).isSameAs(Step.NONE);
    assertThat(step.put("key", "value").traceParent()).isNull();
  }

  @Test
  void whatIsSetArrives() {
    var set =
        Map.of(
            "OTEL_EXPORTER_OTLP_ENDPOINT", "http://other:4318",
            "millrace.tracing.endpoint", "https://collector:4318/base/",
            "millrace.tracing.ratio", "0.25",
            "OTEL_SERVICE_NAME", "mill",
            "OTEL_EXPORTER_OTLP_HEADERS", "api-key=a%20b,tenant=c");

    var settings = TraceSettings.read(set::get, "millrace-api");

    assertThat(settings)
        .isEqualTo(
            new TraceSettings(
                URI.create("https://collector:4318/base/"),
                Map.of("api-key", "a b", "tenant", "c"),
                0.25,
                "mill"));
    assertThat(settings.target()).isEqualTo("https://collector:4318/base/v1/traces");
    assertThat(settings.toString()).doesNotContain("a b");
    assertThatThrownBy(() -> settings(1.5)).hasMessageContaining("millrace.tracing.ratio");
  }

  @Test
  void stepsOfTwoProcessesMakeOneTrace() {
    String carried;
    try (var api = Traces.to(kept, settings(0))) {
      try (var submit = api.serve("submit", CALLER)) {
        carried = submit.traceParent();
      }
    }
    try (var worker = Traces.to(kept, settings(0))) {
      try (var job = worker.consume("job", carried);
          var call = job.call("call")) {
        call.fail("timeout");
      }
    }

    assertThat(kept.spans).extracting(SpanData::getName).containsExactly("submit", "call", "job");
    assertThat(kept.spans).extracting(SpanData::getTraceId).containsOnly(TRACE);
    var submit = kept.spans.get(0);
    var job = kept.spans.get(2);
    assertThat(submit.getParentSpanId()).isEqualTo("00f067aa0ba902b7");
    assertThat(job.getParentSpanId()).isEqualTo(submit.getSpanId());
    assertThat(kept.spans.get(1).getParentSpanId()).isEqualTo(job.getSpanId());
    assertThat(kept.spans.get(1).getStatus().getDescription()).isEqualTo("timeout");
  }

  @Test
  void aCallersDecisionNotToRecordStands() {
    try (var traces = Traces.to(kept, settings(1))) {
      try (var submit = traces.serve("submit", UNSAMPLED)) {
        assertThat(submit.isRead()).isFalse();
        assertThat(submit.traceParent()).startsWith("00-" + TRACE).endsWith("-00");
      }
    }
    assertThat(kept.spans).isEmpty();
  }

  @Test
  void aCollectorThatIsAwayHoldsUpNobody() {
    long began = System.nanoTime();
    try (var traces = Traces.of(settings(1))) {
      for (int i = 0; i < 10_000; i++) {
        traces.serve("submit", null).close();
      }
      assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(2));
    }
    assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(6));
  }
}
