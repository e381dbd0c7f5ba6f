package io.millrace.worker.telemetry;

import com.zaxxer.hikari.metrics.micrometer.MicrometerMetricsTrackerFactory;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.micrometer.core.instrument.config.MeterFilter;
import io.millrace.claude.trace.TraceSettings;
import io.millrace.claude.trace.Traces;
import io.millrace.db.seal.UnreadableValue.Reason;
import io.millrace.db.sql.Database;
import io.millrace.db.sql.Failures;
import io.millrace.telemetry.Metric;
import java.util.List;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;

/** What is measured beside the parts that measure themselves. */
@Configuration(proxyBeanMethods = false)
public class TelemetryConfiguration {

  @Bean
  static MeterFilter boundedTags() {
    return new BoundedTags();
  }

  @Bean
  Hops hops(MeterRegistry meters) {
    return new Hops(meters);
  }

  @Bean
  Traces jobTraces(Environment environment) {
    return Traces.of(TraceSettings.read(environment::getProperty, "millrace-worker"));
  }

  @Bean
  QueueGauges queueGauges(Database database, MeterRegistry meters) {
    return new QueueGauges(QueueGauges.Stores.of(database), meters);
  }

  /** The pool of connections, and what fails on them; in one process with the api, whose it is. */
  @Bean
  @ConditionalOnMissingBean(name = "databaseMeters")
  MeterBinder databaseMeters(Database database) {
    return meters -> {
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
    };
  }
}
