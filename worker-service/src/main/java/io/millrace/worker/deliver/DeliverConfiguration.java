package io.millrace.worker.deliver;

import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.db.job.JobViews;
import io.millrace.db.sql.Database;
import io.millrace.db.webhook.Deliveries;
import io.millrace.db.webhook.Secrets;
import io.millrace.webhook.WebhookSettings;
import io.millrace.worker.deliver.SendDelivery.Times;
import io.millrace.worker.lease.Lease;
import java.net.InetAddress;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.concurrent.ThreadLocalRandom;
import java.util.random.RandomGenerator;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;

@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(WebhookSettings.class)
public class DeliverConfiguration {

  private static final RandomGenerator RANDOM = () -> ThreadLocalRandom.current().nextLong();

  @Bean
  Deliveries deliveries(Database database, WebhookSettings settings) {
    return new Deliveries(database, settings.disableAfter());
  }

  @Bean
  SendDelivery sendDelivery(
      Deliveries deliveries, WebhookSettings settings, Clock clock, MeterRegistry meters) {
    var targets = settings.targets();
    var client =
        new WebhookClient(
            targets,
            new AllowedAddresses(targets, InetAddress::getAllByName),
            settings.timeout(),
            Deliver.MOST,
            "Millrace-Webhooks/" + WorkerVersion.CURRENT);
    var times = new Times(clock, System::nanoTime, RANDOM, settings.timeout());
    return new SendDelivery(
        client,
        new Judge(settings.schedule(), settings.jitter()),
        new RecordAttempts(deliveries::record, times.lease(), RANDOM),
        new DeliveryMeters(meters),
        times);
  }

  @Bean
  Deliver deliver(
      Database database,
      Deliveries deliveries,
      SendDelivery send,
      Lease lease,
      Clock clock,
      Environment environment,
      MeterRegistry meters) {
    var render =
        new RenderBodies(
            new JobViews(database), clock, environment.getProperty("millrace.public-url", ""));
    var keys = new SigningKeys(new Secrets(database), new SecureRandom());
    return new Deliver(deliveries, render, keys, send, lease, System::nanoTime, meters);
  }
}
