package io.millrace.worker;

import io.millrace.model.ModelCatalogue;
import io.millrace.worker.batch.BatchConfiguration;
import io.millrace.worker.deliver.DeliverConfiguration;
import io.millrace.worker.dispatch.DispatchConfiguration;
import io.millrace.worker.drain.DrainConfiguration;
import io.millrace.worker.events.EventsConfiguration;
import io.millrace.worker.execute.ExecuteConfiguration;
import io.millrace.worker.health.HealthConfiguration;
import io.millrace.worker.intake.IntakeConfiguration;
import io.millrace.worker.kafka.KafkaConfiguration;
import io.millrace.worker.lease.LeaseConfiguration;
import io.millrace.worker.quota.QuotaConfiguration;
import io.millrace.worker.rescue.RescueConfiguration;
import io.millrace.worker.telemetry.TelemetryConfiguration;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.context.annotation.PropertySource;

/**
 * The worker's parts. Whoever imports them gives a {@code Database}, a {@link ModelCatalogue}, a
 * {@link java.time.Clock} and a meter registry.
 */
@Configuration(proxyBeanMethods = false)
@PropertySource("classpath:io/millrace/worker/defaults.properties")
@Import({
  KafkaConfiguration.class,
  EventsConfiguration.class,
  LeaseConfiguration.class,
  ExecuteConfiguration.class,
  IntakeConfiguration.class,
  DispatchConfiguration.class,
  QuotaConfiguration.class,
  RescueConfiguration.class,
  DeliverConfiguration.class,
  BatchConfiguration.class,
  DrainConfiguration.class,
  TelemetryConfiguration.class,
  HealthConfiguration.class
})
public class WorkerConfiguration {}
