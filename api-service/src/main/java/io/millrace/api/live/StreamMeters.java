package io.millrace.api.live;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.telemetry.Metric;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;

/** Counts what streams do. */
final class StreamMeters {

  private final Counter events;
  private final Map<LiveStream.Ending, Counter> cut = new EnumMap<>(LiveStream.Ending.class);

  StreamMeters(MeterRegistry meters, LiveStreams streams) {
    gauge(meters, streams, "job", LiveStreams::jobs);
    gauge(meters, streams, "tenant", LiveStreams::tenants);
    events =
        Counter.builder(Metric.STREAMS_EVENTS.meter())
            .description(Metric.STREAMS_EVENTS.description())
            .register(meters);
    for (var reason : LiveStream.Ending.values()) {
      cut.put(
          reason,
          Counter.builder(Metric.STREAMS_CUT.meter())
              .description(Metric.STREAMS_CUT.description())
              .tag("reason", wireName(reason))
              .register(meters));
    }
  }

  void sent(int number) {
    events.increment(number);
  }

  void cut(LiveStream.Ending reason) {
    var counter = cut.get(reason);
    if (counter != null) {
      counter.increment();
    }
  }

  static String wireName(LiveStream.Ending reason) {
    return reason.name().toLowerCase(Locale.ROOT);
  }

  private static void gauge(
      MeterRegistry meters,
      LiveStreams streams,
      String kind,
      java.util.function.ToDoubleFunction<LiveStreams> open) {
    Gauge.builder(Metric.STREAMS.meter(), streams, open)
        .description(Metric.STREAMS.description())
        .tag("kind", kind)
        .register(meters);
  }
}
