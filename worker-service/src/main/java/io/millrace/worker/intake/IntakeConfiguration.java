package io.millrace.worker.intake;

import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.db.job.Claims;
import io.millrace.worker.execute.Executions;
import io.millrace.worker.execute.Slots;
import io.millrace.worker.kafka.Topology;
import io.millrace.worker.lease.Lease;
import io.millrace.worker.telemetry.Hops;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.kafka.core.KafkaTemplate;
import org.springframework.kafka.core.ShareConsumerFactory;

@Configuration(proxyBeanMethods = false)
public class IntakeConfiguration {

  @Bean
  JobsConsumer jobsConsumer(
      ShareConsumerFactory<String, byte[]> factory,
      @Qualifier("eventsTemplate") KafkaTemplate<String, byte[]> kafka,
      Claims claims,
      WorkerParts parts,
      MeterRegistry meters) {
    return new JobsConsumer(factory, claims, parts, new UnreadableRecords(kafka, meters), meters);
  }

  @Bean
  WorkerParts workerParts(
      Lease lease, Topology topology, Slots slots, Executions executions, Hops hops) {
    return new WorkerParts(lease, topology, slots, executions, hops);
  }

  /** What decides whether a record may be taken, and what takes it on. */
  record WorkerParts(
      Lease lease, Topology topology, Slots slots, Executions executions, Hops hops) {}
}
