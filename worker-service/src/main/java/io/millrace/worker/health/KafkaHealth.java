package io.millrace.worker.health;

import io.millrace.worker.kafka.Topology;
import org.springframework.boot.health.contributor.AbstractHealthIndicator;
import org.springframework.boot.health.contributor.Health;

/** Whether Kafka answered when the topics were last looked at; asks nothing itself. */
final class KafkaHealth extends AbstractHealthIndicator {

  private final Topology topology;

  KafkaHealth(Topology topology) {
    this.topology = topology;
  }

  @Override
  protected void doHealthCheck(Health.Builder health) {
    if (topology.isAnswering()) {
      health.up();
    } else {
      new Reason(
              topology.isReady()
                  ? "Kafka does not answer"
                  : "The topics could not be looked at or made yet",
              "Jobs are accepted and stay queued in PostgreSQL; running calls end and are recorded",
              "See whether the brokers run, and whether spring.kafka.bootstrap-servers leads to them")
          .on(health.down())
          .withDetail("silent_seconds", topology.silence().toSeconds());
    }
  }
}
