package io.millrace.worker.dispatch;

import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.claude.limit.LimiterSettings;
import io.millrace.db.job.Fallbacks;
import io.millrace.db.job.Releases;
import io.millrace.db.limit.Blocks;
import io.millrace.db.limit.RatePools;
import io.millrace.db.sql.Database;
import io.millrace.db.worker.Workers;
import io.millrace.model.ModelCatalogue;
import io.millrace.worker.quota.Quotas;
import io.millrace.worker.telemetry.QueueGauges;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.kafka.core.KafkaTemplate;

@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(DispatchSettings.class)
public class DispatchConfiguration {

  @Bean
  StartableJobs startableJobs(RatePools pools, LimiterSettings settings) {
    return new StartableJobs(pools, settings, System::nanoTime);
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
      Quotas quotas,
      DispatchSettings settings,
      MeterRegistry meters) {
    var releases = new Releases(database);
    var records = new JobRecords(kafka, releases, System::nanoTime, meters);
    return new ReleaseJobs(releases, workers, startable, records, quotas, settings, meters);
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
