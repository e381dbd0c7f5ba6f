package io.millrace.api.control;

import static io.millrace.api.fields.Values.refused;

import io.millrace.api.fields.Values;
import io.millrace.db.job.TenantJobs.ReplayTerms;
import java.time.Instant;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;

/** What a replay may say of the new attempt series; or, for other requests, nothing. */
final class ReplayFields {

  private static final int MOST_ATTEMPTS = 20;
  private static final Instant LATEST = Instant.parse("9999-12-31T23:59:59Z");

  private final Set<String> names;
  private final Instant now;
  private @Nullable Instant expiresAt;
  private @Nullable Integer maxAttempts;

  private ReplayFields(Set<String> names, Instant now) {
    this.names = names;
    this.now = now;
  }

  /** Of a replay that is asked for {@code now}. */
  static ReplayFields at(Instant now) {
    return new ReplayFields(Set.of("expires_at", "max_attempts"), now);
  }

  static ReplayFields none() {
    return new ReplayFields(Set.of(), Instant.EPOCH);
  }

  Set<String> names() {
    return names;
  }

  void field(String name, JsonParser json) {
    var values = new Values(json);
    if (values.isNull()) {
      return;
    }
    switch (name) {
      case "expires_at" -> {
        expiresAt = values.time(name);
        if (!expiresAt.isAfter(now) || expiresAt.isAfter(LATEST)) {
          throw refused(name, "Input should be in the future");
        }
      }
      case "max_attempts" -> maxAttempts = values.integer(name, 1, MOST_ATTEMPTS);
      default -> throw new IllegalArgumentException(name);
    }
  }

  ReplayTerms terms() {
    return new ReplayTerms(expiresAt, maxAttempts);
  }
}
