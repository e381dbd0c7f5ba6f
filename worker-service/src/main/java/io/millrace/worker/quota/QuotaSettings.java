package io.millrace.worker.quota;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Who may start how much. Whoever is not named has the quota of {@code default}, if there is one,
 * and else none.
 *
 * @param tenants what a tenant's jobs may take together, by the tenant's name
 * @param users what each user of a tenant may take, by the tenant's name
 */
@ConfigurationProperties(value = "millrace.quotas", ignoreUnknownFields = false)
record QuotaSettings(
    @DefaultValue Map<String, Quota> tenants, @DefaultValue Map<String, Quota> users) {

  private static final String DEFAULT = "default";

  boolean areNone() {
    return tenants.isEmpty() && users.isEmpty();
  }

  @Nullable Quota ofTenant(String tenant) {
    return of(tenants, tenant);
  }

  @Nullable Quota ofUsers(String tenant) {
    return of(users, tenant);
  }

  private static @Nullable Quota of(Map<String, Quota> quotas, String tenant) {
    var named = quotas.get(tenant);
    return named == null ? quotas.get(DEFAULT) : named;
  }
}
