package io.millrace.worker.dispatch;

import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.claude.estimate.Estimator;
import io.millrace.claude.limit.Limiter;
import io.millrace.db.job.Fallbacks;
import io.millrace.db.job.Releases;
import io.millrace.db.limit.Blocks;
import io.millrace.db.sql.Database;
import io.millrace.db.worker.Workers;
import io.millrace.model.ModelCatalogue;
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
  StartableJobs startableJobs(Limiter limiter, Reroute reroute) {
    return new StartableJobs() {
      @Override
      public int within(String pool, Duration horizon) {
        return reroute.isBroken(pool)
            ? 0
            : (int) Math.min(Integer.MAX_VALUE, limiter.startable(pool, horizon));
      }

      @Override
      public double cost(String pool, int estimatedInput, int maxOutput) {
        return limiter.cost(pool, estimatedInput, Estimator.outputGuess(maxOutput));
      }
    };
  }

  @Bean
  Reroute reroute(Database database, ModelCatalogue catalogue, MeterRegistry meters) {
    return new Reroute(
        new Blocks(database), new Fallbacks(database), catalogue, System::nanoTime, meters);
  }

  @Bean
  ReleaseJobs releaseJobs(
      Database database,
      Workers workers,
      StartableJobs startable,
      @Qualifier("jobsTemplate") KafkaTemplate<String, byte[]> kafka,
      DispatchSettings settings,
      MeterRegistry meters) {
    var releases = new Releases(database);
    var records = new JobRecords(kafka, releases, System::nanoTime, meters);
    return new ReleaseJobs(releases, workers, startable, records, settings, meters);
  }

  @Bean
  Dispatcher dispatcher(
      Database database,
      Reroute reroute,
      ReleaseJobs releaseJobs,
      QueueGauges gauges,
      DispatchSettings settings,
      MeterRegistry meters) {
    return new Dispatcher(database, reroute, releaseJobs, gauges, settings, meters);
  }
}
