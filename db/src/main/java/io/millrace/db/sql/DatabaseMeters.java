package io.millrace.db.sql;

import com.zaxxer.hikari.metrics.micrometer.MicrometerMetricsTrackerFactory;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.millrace.db.seal.UnreadableValue.Reason;
import io.millrace.telemetry.Metric;
import java.util.List;

/** Measures the pool of connections, and counts what fails on them. */
public record DatabaseMeters(Database database) implements MeterBinder {

  @Override
  public void bindTo(MeterRegistry meters) {
    if (database.pool().getMetricsTrackerFactory() == null) {
      database.pool().setMetricsTrackerFactory(new MicrometerMetricsTrackerFactory(meters));
    }
    for (String kind : List.of("connection", "timeout", "conflict", "refused")) {
      var _ = meters.counter(Metric.DATABASE_FAILURES.meter(), "kind", kind);
    }
    for (Reason reason : Reason.values()) {
      var _ = meters.counter(Metric.VALUES_UNREADABLE.meter(), "reason", reason.wireName());
    }
    database
        .sealer()
        .onUnreadable(value ->
            meters
                .counter(Metric.VALUES_UNREADABLE.meter(), "reason", value.reason().wireName())
                .increment());
    database.onFailure(failure ->
        meters
            .counter(Metric.DATABASE_FAILURES.meter(), "kind", Failures.kind(failure))
            .increment());
  }
}
