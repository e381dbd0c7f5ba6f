package io.millrace.api;

import io.millrace.api.access.AccessConfiguration;
import io.millrace.api.bulk.BulkConfiguration;
import io.millrace.api.control.ControlConfiguration;
import io.millrace.api.document.DocumentConfiguration;
import io.millrace.api.health.HealthConfiguration;
import io.millrace.api.inspect.InspectConfiguration;
import io.millrace.api.limit.LimitConfiguration;
import io.millrace.api.live.LiveConfiguration;
import io.millrace.api.patience.Turnstile;
import io.millrace.api.problem.ProblemConfiguration;
import io.millrace.api.submit.SubmitConfiguration;
import io.millrace.api.tenant.TenantConfiguration;
import io.millrace.api.usage.UsageConfiguration;
import io.millrace.api.wake.WakeConfiguration;
import io.millrace.api.webhook.WebhookConfiguration;
import io.millrace.db.seal.Sealer;
import io.millrace.db.sql.Database;
import io.millrace.model.ModelCatalogue;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.context.annotation.PropertySource;
import org.springframework.core.env.Environment;

/**
 * The whole service, to be imported into an application context with Spring Boot's
 * auto-configuration, alone or beside the worker; what both need is made by whoever comes first.
 */
@Configuration(proxyBeanMethods = false)
@PropertySource("classpath:io/millrace/api/defaults.properties")
@Import({
  ServerConfiguration.class,
  ProblemConfiguration.class,
  AccessConfiguration.class,
  SubmitConfiguration.class,
  BulkConfiguration.class,
  InspectConfiguration.class,
  ControlConfiguration.class,
  TenantConfiguration.class,
  LimitConfiguration.class,
  UsageConfiguration.class,
  WakeConfiguration.class,
  LiveConfiguration.class,
  WebhookConfiguration.class,
  HealthConfiguration.class,
  DocumentConfiguration.class
})
public class ApiConfiguration {

  /** The wiring of the database, apart so that its settings are asked for only when it is ours. */
  @Configuration(proxyBeanMethods = false)
  @ConditionalOnMissingBean(Database.class)
  @EnableConfigurationProperties(DatabaseSettings.class)
  static class OwnDatabase {

    @Bean
    Database database(DatabaseSettings settings, Environment environment) {
      int connections = environment.getProperty("millrace.database.connections", Integer.class, 16);
      Database database =
          Database.open(settings.address(), "millrace-api", connections)
              .sealedBy(sealer(environment));
      database.migrate();
      return database;
    }

    private static Sealer sealer(Environment environment) {
      var binder = Binder.get(environment);
      return Sealer.configured(
          name -> binder.bind(name, Bindable.listOf(String.class)).orElse(List.of()));
    }
  }

  @Bean
  @ConditionalOnMissingBean
  Clock clock() {
    return Clock.systemUTC();
  }

  /** A quarter of the connections, for all who were woken or come back together. */
  @Bean
  Turnstile turnstile(Environment environment) {
    int connections = environment.getProperty("millrace.database.connections", Integer.class, 16);
    return new Turnstile(Math.max(1, connections / 4));
  }

  @Bean
  @ConditionalOnMissingBean
  ModelCatalogue modelCatalogue(Environment environment) {
    return ModelCatalogue.configured(
        Binder.get(environment)
            .bind(ModelCatalogue.SETTINGS, Bindable.mapOf(String.class, String.class))
            .orElse(Map.of()));
  }
}
