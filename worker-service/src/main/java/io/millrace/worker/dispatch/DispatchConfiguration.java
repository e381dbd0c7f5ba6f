package io.millrace.worker.dispatch;

import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.claude.estimate.Estimator;
import io.millrace.claude.limit.Limiter;
import io.millrace.db.job.Releases;
import io.millrace.db.sql.Database;
import io.millrace.db.worker.Workers;
import io.millrace.worker.quota.Quotas;
import io.millrace.worker.telemetry.QueueGauges;
import java.time.Duration;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.kafka.core.KafkaTemplate;

@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(DispatchSettings.class)
public class DispatchConfiguration {

  @Bean
  StartableJobs startableJobs(Limiter limiter) {
    return new StartableJobs() {
      @Override
      public int within(String pool, Duration horizon) {
        return (int) Math.min(Integer.MAX_VALUE, limiter.startable(pool, horizon));
      }

      @Override
      public double cost(String pool, int estimatedInput, int maxOutput) {
        return limiter.cost(pool, estimatedInput, Estimator.outputGuess(maxOutput));
      }
    };
  }

  @Bean
  Dispatcher dispatcher(
      Database database,
      Workers workers,
      StartableJobs startable,
      @Qualifier("jobsTemplate") KafkaTemplate<String, byte[]> kafka,
      QueueGauges gauges,
      Quotas quotas,
      DispatchSettings settings,
      MeterRegistry meters) {
    var releases = new Releases(database);
    var records = new JobRecords(kafka, releases, System::nanoTime, meters);
    return new Dispatcher(
        database,
        new ReleaseJobs(releases, workers, startable, records, quotas, settings, meters),
        gauges,
        settings,
        meters);
  }
}
