package io.millrace.worker.drain;

import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.claude.limit.Limiter;
import io.millrace.worker.batch.BatchLoops;
import io.millrace.worker.deliver.Deliver;
import io.millrace.worker.dispatch.Dispatcher;
import io.millrace.worker.events.JobEvents;
import io.millrace.worker.execute.Executions;
import io.millrace.worker.execute.RecordOutcome;
import io.millrace.worker.intake.JobsConsumer;
import io.millrace.worker.kafka.Topology;
import io.millrace.worker.lease.Lease;
import io.millrace.worker.rescue.Rescue;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(DrainSettings.class)
public class DrainConfiguration {

  @Bean
  WorkerLifecycle workerLifecycle(
      WorkerLifecycle.Parts parts,
      Limiter limiter,
      RecordOutcome recorder,
      Deliver deliver,
      BatchLoops batches,
      DrainSettings settings,
      MeterRegistry meters) {
    return new WorkerLifecycle(parts, limiter, recorder, deliver, batches, settings, meters);
  }

  @Bean
  WorkerLifecycle.Parts workerLifecycleParts(
      Lease lease,
      Topology topology,
      JobEvents events,
      Dispatcher dispatcher,
      JobsConsumer consumer,
      Executions executions,
      Rescue rescue) {
    return new WorkerLifecycle.Parts(
        lease, topology, events, dispatcher, consumer, executions, rescue);
  }
}
