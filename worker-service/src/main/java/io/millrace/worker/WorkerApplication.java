package io.millrace.worker;

import io.millrace.db.seal.Sealer;
import io.millrace.db.sql.Database;
import io.millrace.model.ModelCatalogue;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.core.env.Environment;

/** The worker service as a process of its own. */
@SpringBootConfiguration(proxyBeanMethods = false)
@EnableAutoConfiguration
@Import(WorkerConfiguration.class)
public class WorkerApplication {

  private static final int CONNECTIONS = 12;

  @Bean
  Database database(Environment environment) {
    var database =
        Database.open(
                new Database.Address(
                    environment.getRequiredProperty("spring.datasource.url"),
                    environment.getRequiredProperty("spring.datasource.username"),
                    environment.getProperty("spring.datasource.password", "")),
                "worker",
                CONNECTIONS)
            .sealedBy(sealer(environment));
    database.migrate();
    return database;
  }

  private static Sealer sealer(Environment environment) {
    var binder = Binder.get(environment);
    return Sealer.configured(
        name -> binder.bind(name, Bindable.listOf(String.class)).orElse(List.of()));
  }

  @Bean
  ModelCatalogue modelCatalogue(Environment environment) {
    return ModelCatalogue.configured(
        Binder.get(environment)
            .bind(ModelCatalogue.SETTINGS, Bindable.mapOf(String.class, String.class))
            .orElse(Map.of()));
  }

  @Bean
  Clock clock() {
    return Clock.systemUTC();
  }

  public static void main(String[] args) {
    var application = new SpringApplication(WorkerApplication.class);
    application.setDefaultProperties(
        Map.of(
            "spring.config.name",
            "millrace-worker",
            "server.port",
            "8081",
            "spring.application.name",
            "millrace-worker"));
    application.run(args);
  }
}
