package io.millrace.api.health;

import io.micrometer.core.instrument.binder.MeterBinder;
import io.millrace.db.sql.Database;
import io.millrace.db.sql.DatabaseMeters;
import io.millrace.db.sql.Reachability;
import java.time.Clock;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Adds {@code postgres} to the health endpoint and to what is measured. */
@Configuration(proxyBeanMethods = false)
public class HealthConfiguration {

  @Bean
  @ConditionalOnMissingBean(name = "databaseMeters")
  MeterBinder databaseMeters(Database database) {
    return new DatabaseMeters(database);
  }

  @Bean
  @ConditionalOnMissingBean(name = "postgresHealthIndicator")
  HealthIndicator postgresHealthIndicator(Database database, Clock clock) {
    return new PostgresHealth(new Reachability(database, clock));
  }
}
