package io.millrace.api.health;

import io.millrace.db.sql.Database;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Adds {@code postgres} to the health endpoint. */
@Configuration(proxyBeanMethods = false)
public class HealthConfiguration {

  @Bean
  @ConditionalOnMissingBean(name = "postgresHealthIndicator")
  HealthIndicator postgresHealthIndicator(Database database) {
    return new PostgresHealth(database);
  }
}
