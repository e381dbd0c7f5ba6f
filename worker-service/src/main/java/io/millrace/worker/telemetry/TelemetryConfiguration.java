package io.millrace.worker.telemetry;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.micrometer.core.instrument.config.MeterFilter;
import io.millrace.claude.trace.TraceSettings;
import io.millrace.claude.trace.Traces;
import io.millrace.db.sql.Database;
import io.millrace.db.sql.DatabaseMeters;
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
    return new DatabaseMeters(database);
  }
}
