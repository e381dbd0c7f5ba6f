package io.millrace.worker.health;

import io.millrace.claude.call.ClaudeClient;
import io.millrace.db.sql.Database;
import io.millrace.db.sql.Reachability;
import io.millrace.worker.execute.ClaudeContact;
import io.millrace.worker.kafka.Topology;
import io.millrace.worker.lease.Lease;
import java.time.Clock;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** The worker's components of {@code /actuator/health}. */
@Configuration(value = "workerHealthConfiguration", proxyBeanMethods = false)
public class HealthConfiguration {

  /** Not beside the api, which has the same and comes first. */
  @Bean
  @ConditionalOnMissingBean(name = "postgresHealthIndicator")
  HealthIndicator postgresHealthIndicator(Database database, Clock clock) {
    return new PostgresHealth(new Reachability(database, clock));
  }

  @Bean
  HealthIndicator kafkaHealthIndicator(Topology topology) {
    return new KafkaHealth(topology);
  }

  @Bean
  HealthIndicator leaseHealthIndicator(Lease lease) {
    return new LeaseHealth(lease);
  }

  @Bean
  HealthIndicator claudeHealthIndicator(ClaudeClient claude, ClaudeContact contact) {
    return new ClaudeHealth(claude, contact, System::nanoTime);
  }
}
