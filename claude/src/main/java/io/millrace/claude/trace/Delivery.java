package io.millrace.claude.trace;

import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.time.Duration;
import java.util.Collection;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.logging.Level;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Hands spans to the collector, and says once that it is away and once that it is back. */
final class Delivery implements SpanExporter {

  private static final Logger log = LoggerFactory.getLogger(Delivery.class);

  // Says the same again and again. Held here since loggers of java.util are held weakly.
  private static final java.util.logging.Logger chatter =
      java.util.logging.Logger.getLogger("io.opentelemetry.exporter.internal.http.HttpExporter");

  // Would say after each delivery how many spans did not fit into the queue.
  private static final java.util.logging.Logger drops =
      java.util.logging.Logger.getLogger("io.opentelemetry.sdk.trace.export.BatchSpanProcessor");

  private final String host;
  private final SpanExporter collector;
  private final AtomicBoolean away = new AtomicBoolean();

  Delivery(TraceSettings settings) {
    chatter.setLevel(Level.OFF);
    var said = new AtomicBoolean();
    drops.setFilter(_ -> !said.getAndSet(true));
    this.host = settings.endpoint().getHost();
    var builder =
        OtlpHttpSpanExporter.builder()
            .setEndpoint(settings.target())
            .setConnectTimeout(Duration.ofSeconds(2))
            .setTimeout(Duration.ofSeconds(5));
    settings.headers().forEach(builder::addHeader);
    this.collector = builder.build();
  }

  @Override
  public CompletableResultCode export(Collection<SpanData> spans) {
    var result = collector.export(spans);
    return result.whenComplete(() -> {
      boolean failed = !result.isSuccess();
      if (away.getAndSet(failed) != failed) {
        if (failed) {
          log.warn(
              "Traces cannot be delivered to {}: spans are dropped until they can; jobs go on",
              host);
        } else {
          log.info("Traces are delivered to {} again", host);
        }
      }
    });
  }

  @Override
  public CompletableResultCode flush() {
    return collector.flush();
  }

  @Override
  public CompletableResultCode shutdown() {
    return collector.shutdown();
  }
}
