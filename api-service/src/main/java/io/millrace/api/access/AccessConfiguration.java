package io.millrace.api.access;

import io.millrace.db.sql.Database;
import io.millrace.db.tenant.ApiKeys;
import io.millrace.db.tenant.ApiKeys.Principal;
import io.millrace.db.tenant.ApiKeys.Role;
import io.millrace.db.tenant.Tenants;
import java.net.InetAddress;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.web.server.ConfigurableWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.Ordered;
import org.springframework.core.env.Environment;

/** Closes {@code /v1} to all but known callers, or in local mode to all but this machine. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(AccessSettings.class)
public class AccessConfiguration {

  private static final String LOCAL_TENANT = "default";

  @Bean
  FilterRegistrationBean<AccessFilter> accessFilter(AccessSettings settings, Database database) {
    var registration = new FilterRegistrationBean<>(new AccessFilter(gate(settings, database)));
    registration.addUrlPatterns("/v1/*");
    registration.setOrder(Ordered.HIGHEST_PRECEDENCE + 100);
    return registration;
  }

  /** Runs after Spring Boot's own, so that no other address can win in local mode. */
  @Bean
  WebServerFactoryCustomizer<ConfigurableWebServerFactory> localAddress(
      AccessSettings settings, Environment environment) {
    return new LocalAddress(settings, environment.getProperty("server.address", InetAddress.class));
  }

  private static AccessFilter.Gate gate(AccessSettings settings, Database database) {
    var tenants = new Tenants(database);
    if (settings.local()) {
      return new LocalGate(
          new Principal(tenants.ensure(LOCAL_TENANT), LOCAL_TENANT, Role.OPERATOR));
    }
    var keys = new ApiKeys(database);
    new EnterKeys(tenants, keys).enter(settings.bootstrapKeys());
    if (!keys.any()) {
      throw new NoApiKeys();
    }
    return new KeyRing(new KeyLookup(keys), System::nanoTime);
  }
}
