package io.millrace.claude.trace;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Where traces begin or go on. Spans wait for the collector in a bounded queue and are dropped
 * beyond it, so that a collector that is slow or away costs spans and nothing else.
 */
public final class Traces implements AutoCloseable {

  /** Begins nothing. */
  public static final Traces OFF = new Traces(null, null);

  private static final int QUEUE = 4_096;
  private static final int BATCH = 512;
  private static final long FLUSH_SECONDS = 3;

  private final @Nullable SdkTracerProvider provider;
  private final @Nullable Tracer tracer;

  private Traces(@Nullable SdkTracerProvider provider, @Nullable Tracer tracer) {
    this.provider = provider;
    this.tracer = tracer;
  }

  /** Delivers as the settings say; {@link #OFF} without any. */
  public static Traces of(@Nullable TraceSettings settings) {
    return settings == null ? OFF : to(new Delivery(settings), settings);
  }

  static Traces to(SpanExporter exporter, TraceSettings settings) {
    var name = Attributes.of(AttributeKey.stringKey("service.name"), settings.serviceName());
    var provider =
        SdkTracerProvider.builder()
            .setResource(Resource.getDefault().merge(Resource.create(name)))
            .setSampler(Sampler.parentBased(Sampler.traceIdRatioBased(settings.ratio())))
            .addSpanProcessor(
                BatchSpanProcessor.builder(exporter)
                    .setMaxQueueSize(QUEUE)
                    .setMaxExportBatchSize(BATCH)
                    .setScheduleDelay(Duration.ofSeconds(1))
                    .setExporterTimeout(Duration.ofSeconds(10))
                    .build())
            .build();
    return new Traces(provider, provider.get("io.millrace"));
  }

  /** Something asked for by a caller who waits. */
  public Step serve(String name, @Nullable String traceParent) {
    return begin(name, SpanKind.SERVER, traceParent);
  }

  /** Something that was asked for earlier, by somebody who does not wait. */
  public Step consume(String name, @Nullable String traceParent) {
    return begin(name, SpanKind.CONSUMER, traceParent);
  }

  private Step begin(String name, SpanKind kind, @Nullable String traceParent) {
    if (tracer == null) {
      return Step.NONE;
    }
    var parent =
        traceParent == null
            ? Context.root()
            : Context.root().with(Span.wrap(TraceParent.context(traceParent)));
    return Step.begin(tracer, name, kind, parent);
  }

  /** Delivers what waits, for a few seconds at most. */
  @Override
  public void close() {
    if (provider != null) {
      var _ = provider.shutdown().join(FLUSH_SECONDS, TimeUnit.SECONDS);
    }
  }
}
