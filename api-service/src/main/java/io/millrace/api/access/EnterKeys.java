package io.millrace.api.access;

import io.millrace.api.access.AccessSettings.BootstrapKey;
import io.millrace.db.tenant.ApiKey;
import io.millrace.db.tenant.ApiKeys;
import io.millrace.db.tenant.Tenants;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Enters at start the keys that the environment names. It only ever adds: a key that has left the
 * environment works on until it is revoked, since another process may still be given it; and a key
 * that was revoked stays so. Both are told.
 */
final class EnterKeys {

  private static final Logger log = LoggerFactory.getLogger(EnterKeys.class);

  private final Tenants tenants;
  private final ApiKeys keys;

  EnterKeys(Tenants tenants, ApiKeys keys) {
    this.tenants = tenants;
    this.keys = keys;
  }

  void enter(List<BootstrapKey> named) {
    Set<Integer> entered = new HashSet<>();
    for (BootstrapKey bootstrap : named) {
      entered.add(enter(bootstrap).number());
    }
    for (ApiKey key : keys.list(null)) {
      if (key.fromEnvironment() && key.revokedAt() == null && !entered.contains(key.number())) {
        log.warn(
            "{} ({}) of tenant {} has left MILLRACE_API_KEYS and still works; './millrace keys revoke {}' ends it",
            key.id(),
            key.hint(),
            key.tenant(),
            key.id());
      }
    }
  }

  private ApiKey enter(BootstrapKey bootstrap) {
    ApiKey key = keys.enter(tenants.ensure(bootstrap.tenant()), bootstrap.role(), bootstrap.key());
    if (!key.tenant().equals(bootstrap.tenant())) {
      throw new IllegalArgumentException(
          "millrace.api-keys gives tenant %s a key (%s) that is %s's: a key cannot speak for two tenants"
              .formatted(bootstrap.tenant(), key.hint(), key.tenant()));
    }
    if (key.revokedAt() != null) {
      log.warn(
          "MILLRACE_API_KEYS names {} ({}) of tenant {}, which was revoked and stays so",
          key.id(),
          key.hint(),
          key.tenant());
    } else if (key.role() != bootstrap.role()) {
      log.warn(
          "MILLRACE_API_KEYS gives {} ({}) of tenant {} the role {}, but it was created as {} and stays so",
          key.id(),
          key.hint(),
          key.tenant(),
          bootstrap.role().wireName(),
          key.role().wireName());
    }
    if (bootstrap.key().isShort()) {
      log.warn(
          "{} of tenant {}, named in MILLRACE_API_KEYS, is short enough to be guessed; './millrace keys create --tenant {}' makes a better one",
          key.id(),
          key.tenant(),
          key.tenant());
    }
    return key;
  }
}
