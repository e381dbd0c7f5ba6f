package io.millrace.worker.health;

import org.springframework.boot.health.contributor.Health;

/**
 * What is the matter, for whoever is on call. The endpoint is open to anybody: our own words only,
 * no addresses and no names.
 */
record Reason(String reason, String consequence, String remedy) {

  Health.Builder on(Health.Builder health) {
    return health
        .withDetail("reason", reason)
        .withDetail("consequence", consequence)
        .withDetail("remedy", remedy);
  }
}
