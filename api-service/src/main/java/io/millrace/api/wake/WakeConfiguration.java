package io.millrace.api.wake;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.millrace.db.job.JobViews;
import io.millrace.db.sql.Database;
import java.util.List;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;

/** Runs the loops; without Kafka's address the poll alone. */
@Configuration(proxyBeanMethods = false)
public class WakeConfiguration {

  @Bean
  WakeLoops wakeLoops(
      Database database,
      List<EventListener> listeners,
      Environment environment,
      MeterRegistry meters) {
    return new WakeLoops(
        new JobViews(database)::finished,
        listeners,
        environment.getProperty("spring.kafka.bootstrap-servers"),
        meters);
  }

  @Bean
  MeterBinder wakeMeters(WakeLoops loops) {
    return loops::measure;
  }

  @Bean
  Waiters waiters(WakeLoops loops) {
    return loops.waiters();
  }
}
