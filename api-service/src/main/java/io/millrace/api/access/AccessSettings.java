package io.millrace.api.access;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Who may call.
 *
 * @param local serve this machine only, without keys, everybody as the tenant {@code default}
 * @param apiKeys keys to enter at start, each as {@code tenant:key}
 */
@ConfigurationProperties("millrace")
record AccessSettings(@DefaultValue("false") boolean local, @DefaultValue List<String> apiKeys) {

  private static final Pattern TENANT = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}");

  AccessSettings {
    Set<String> seen = new HashSet<>();
    for (BootstrapKey bootstrap : parsed(apiKeys)) {
      if (!seen.add(bootstrap.key())) {
        throw new IllegalArgumentException(
            "millrace.api-keys names one key twice (of tenant " + bootstrap.tenant() + ")");
      }
    }
  }

  /** A key that the configuration brings along. */
  record BootstrapKey(String tenant, String key) {

    /** The key is a secret and stays out of whatever prints this. */
    @Override
    public String toString() {
      return tenant + ":…";
    }
  }

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
      String entry = entries.get(i).strip();
      int colon = entry.indexOf(':');
      String key = entry.substring(colon + 1).strip();
      if (colon < 1 || key.isEmpty() || !TENANT.matcher(entry.substring(0, colon)).matches()) {
        throw new IllegalArgumentException(
            "millrace.api-keys: entry %d should read tenant:key, the tenant of letters, digits, . _ -"
                .formatted(i + 1));
      }
      keys.add(new BootstrapKey(entry.substring(0, colon), key));
    }
    return keys;
  }
}
