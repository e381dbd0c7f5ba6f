package io.millrace.api.webhook;

import io.millrace.db.sql.Database;
import io.millrace.db.webhook.DeliveryViews;
import io.millrace.db.webhook.Endpoints;
import io.millrace.db.webhook.Replays;
import io.millrace.db.webhook.Secrets;
import io.millrace.db.webhook.TestEvents;
import io.millrace.webhook.WebhookSettings;
import java.time.Duration;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Wires the routes on webhooks. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(WebhookSettings.class)
public class WebhookConfiguration {

  /** As long as a request that replays may take, within the patience of proxies. */
  private static final Duration REPLAY = Duration.ofSeconds(5);

  @Bean
  EndpointController endpointController(Database database, WebhookSettings settings) {
    return new EndpointController(endpoints(database), find(database), settings.targets());
  }

  @Bean
  EndpointControlController endpointControlController(Database database) {
    return new EndpointControlController(
        endpoints(database),
        find(database),
        new Secrets(database),
        new TestEvents(database),
        new DeliveryViews(database));
  }

  @Bean
  SecretController secretController(Database database) {
    return new SecretController(new Secrets(database));
  }

  @Bean
  DeliveryController deliveryController(Database database) {
    return new DeliveryController(new DeliveryViews(database));
  }

  @Bean
  ReplayController replayController(Database database) {
    var views = new DeliveryViews(database);
    var replays = new Replays(database);
    return new ReplayController(
        find(database),
        views,
        replays,
        new ReplayDeliveries(views, replays, REPLAY, System::nanoTime));
  }

  private static Endpoints endpoints(Database database) {
    return new Endpoints(database, new Secrets(database));
  }

  private static FindEndpoints find(Database database) {
    return new FindEndpoints(endpoints(database), new Secrets(database));
  }
}
