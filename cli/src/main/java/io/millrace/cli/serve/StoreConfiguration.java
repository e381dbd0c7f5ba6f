package io.millrace.cli.serve;

import io.millrace.db.seal.Sealer;
import io.millrace.db.sql.Database;
import io.millrace.model.ModelCatalogue;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;

/** What api and worker share when both are in one process. */
@Configuration(proxyBeanMethods = false)
class StoreConfiguration {

  @Bean
  Database database(Environment environment) {
    var address =
        new Database.Address(
            environment.getRequiredProperty("spring.datasource.url"),
            environment.getRequiredProperty("spring.datasource.username"),
            environment.getRequiredProperty("spring.datasource.password"));
    int connections = environment.getProperty("millrace.database.connections", Integer.class, 28);
    var database = Database.open(address, "millrace", connections).sealedBy(sealer(environment));
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
}
