package io.millrace.api.usage;

import io.millrace.db.sql.Database;
import io.millrace.db.tenant.Tenants;
import io.millrace.db.usage.Usages;
import java.time.Clock;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Wires the sums of usage. */
@Configuration(proxyBeanMethods = false)
public class UsageConfiguration {

  @Bean
  UsageController usageController(Database database, Clock clock) {
    return new UsageController(new Usages(database), new Tenants(database), clock);
  }
}
