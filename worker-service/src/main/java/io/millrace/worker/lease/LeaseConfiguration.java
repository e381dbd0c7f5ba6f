package io.millrace.worker.lease;

import io.millrace.db.sql.Database;
import io.millrace.db.worker.Workers;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** The lease itself is made where the slots are that it speaks for, in {@code execute}. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(LeaseSettings.class)
public class LeaseConfiguration {

  @Bean
  Workers workers(Database database) {
    return new Workers(database);
  }
}
