package io.millrace.api.bulk;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.db.batch.Backend;
import io.millrace.db.batch.NewBatch;
import io.millrace.telemetry.Metric;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;

/** Counts what is taken in. */
final class BulkMeters {

  private final Map<Backend, Counter> batches = new EnumMap<>(Backend.class);
  private final Map<Backend, Counter> items = new EnumMap<>(Backend.class);

  BulkMeters(Uploads uploads, MeterRegistry meters) {
    for (Backend backend : Backend.values()) {
      batches.put(backend, counter(Metric.BULK_BATCHES, backend, meters));
      items.put(backend, counter(Metric.BULK_ITEMS, backend, meters));
    }
    Gauge.builder(Metric.BULK_UPLOADS.meter(), uploads, Uploads::open)
        .description(Metric.BULK_UPLOADS.description())
        .register(meters);
  }

  void accepted(NewBatch batch) {
    Objects.requireNonNull(batches.get(batch.backend())).increment();
    Objects.requireNonNull(items.get(batch.backend())).increment(batch.items());
  }

  private static Counter counter(Metric metric, Backend backend, MeterRegistry meters) {
    return Counter.builder(metric.meter())
        .description(metric.description())
        .tag("backend", backend.wireName())
        .register(meters);
  }
}
