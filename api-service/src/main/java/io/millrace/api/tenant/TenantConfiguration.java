package io.millrace.api.tenant;

import io.millrace.db.sql.Database;
import io.millrace.db.tenant.Tenants;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Wires the operator's routes on tenants. */
@Configuration(proxyBeanMethods = false)
public class TenantConfiguration {

  @Bean
  TenantController tenantController(Database database) {
    return new TenantController(new Tenants(database));
  }
}
