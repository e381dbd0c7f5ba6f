package io.millrace.api.access;

import io.millrace.db.tenant.ApiKeys.Role;
import io.millrace.db.tenant.KeySecret;
import io.millrace.db.tenant.Tenant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Who may call.
 *
 * @param local serve this machine only, without keys, everybody as the tenant {@code default}
 * @param apiKeys keys to enter at start, each as {@code tenant:key} or {@code tenant:key:role}; a
 *     key may hold colons, but what follows the last one is a role if it reads like one
 */
@ConfigurationProperties("millrace")
record AccessSettings(@DefaultValue("false") boolean local, @DefaultValue List<String> apiKeys) {

  AccessSettings {
    Set<KeySecret> seen = new HashSet<>();
    for (BootstrapKey bootstrap : parsed(apiKeys)) {
      if (!seen.add(bootstrap.key())) {
        throw new IllegalArgumentException(
            "millrace.api-keys names one key twice (of tenant " + bootstrap.tenant() + ")");
      }
    }
  }

  /** A key that the configuration brings along. */
  record BootstrapKey(String tenant, KeySecret key, Role role) {}

  List<BootstrapKey> bootstrapKeys() {
    return parsed(apiKeys);
  }

  /** The keys are secrets and stay out of whatever prints this. */
  @Override
  public String toString() {
    return "AccessSettings[local=" + local + ", apiKeys=" + apiKeys.size() + "]";
  }

  private static List<BootstrapKey> parsed(List<String> entries) {
    List<BootstrapKey> keys = new ArrayList<>();
    for (int i = 0; i < entries.size(); i++) {
      int number = i + 1;
      keys.add(
          parsed(entries.get(i).strip())
              .orElseThrow(() ->
                  new IllegalArgumentException(
                      "millrace.api-keys: entry %d should read tenant:key or tenant:key:operator, the tenant of %s, the key of visible ASCII characters"
                          .formatted(number, Tenant.NAME_RULE))));
    }
    return keys;
  }

  private static Optional<BootstrapKey> parsed(String entry) {
    int colon = entry.indexOf(':');
    if (colon < 0 || !Tenant.canBeCalled(entry.substring(0, colon))) {
      return Optional.empty();
    }
    String key = entry.substring(colon + 1);
    int last = key.lastIndexOf(':');
    Optional<Role> role = last < 0 ? Optional.empty() : Role.parse(key.substring(last + 1).strip());
    String secret = (role.isPresent() ? key.substring(0, last) : key).strip();
    // What a header can carry.
    return secret.matches("[\\x21-\\x7e]+")
        ? Optional.of(
            new BootstrapKey(
                entry.substring(0, colon), new KeySecret(secret), role.orElse(Role.TENANT)))
        : Optional.empty();
  }
}
