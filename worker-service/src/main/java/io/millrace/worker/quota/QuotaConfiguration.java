package io.millrace.worker.quota;

import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.db.job.Releases;
import io.millrace.db.quota.QuotaBuckets;
import io.millrace.db.sql.Database;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(QuotaSettings.class)
public class QuotaConfiguration {

  @Bean
  QuotaBuckets quotaBuckets(Database database) {
    return new QuotaBuckets(database);
  }

  @Bean
  Quotas quotas(
      QuotaSettings settings, QuotaBuckets buckets, Database database, MeterRegistry meters) {
    return new Quotas(settings, buckets, new Releases(database), System::nanoTime, meters);
  }

  @Bean
  QuotaUse quotaUse(QuotaSettings settings, QuotaBuckets buckets, MeterRegistry meters) {
    return new QuotaUse(settings, buckets, meters);
  }
}
