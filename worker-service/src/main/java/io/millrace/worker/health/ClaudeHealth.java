package io.millrace.worker.health;

import io.millrace.claude.call.ClaudeClient;
import io.millrace.worker.execute.ClaudeContact;
import java.time.Duration;
import java.util.OptionalInt;
import java.util.function.LongSupplier;
import org.springframework.boot.health.contributor.AbstractHealthIndicator;
import org.springframework.boot.health.contributor.Health;

/**
 * Whether Claude answers: as the calls of the last minute saw it, and where there were none, by
 * asking for the list of models, which costs nothing. No part of readiness: a worker that cannot
 * reach Claude is as good as its neighbours.
 */
final class ClaudeHealth extends AbstractHealthIndicator {

  private static final Duration RECENT = Duration.ofMinutes(1);
  private static final Duration SPACING = Duration.ofSeconds(10);
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  private final ClaudeClient claude;
  private final ClaudeContact contact;
  private final LongSupplier nanoTime;
  private OptionalInt status = OptionalInt.empty();
  private long askedAt;
  private boolean asked;

  ClaudeHealth(ClaudeClient claude, ClaudeContact contact, LongSupplier nanoTime) {
    this.claude = claude;
    this.contact = contact;
    this.nanoTime = nanoTime;
  }

  @Override
  protected void doHealthCheck(Health.Builder health) {
    var answered = contact.sinceAnswer();
    if (!contact.isLost() && answered.isPresent() && answered.getAsLong() < RECENT.toNanos()) {
      health.up().withDetail("answered_seconds_ago", answered.getAsLong() / 1_000_000_000);
      return;
    }
    var status = ask();
    if (status.isEmpty()) {
      new Reason(
              "Claude does not answer",
              "Jobs stay queued and are tried again until their deadline",
              "See the provider's status page, the network policy and ANTHROPIC_BASE_URL")
          .on(health.down());
    } else if (status.getAsInt() == 401 || status.getAsInt() == 403) {
      new Reason(
              "Claude refuses the API key (" + status.getAsInt() + ")",
              "No call can succeed",
              "Correct ANTHROPIC_API_KEY and restart the workers")
          .on(health.down());
    } else {
      health.up().withDetail("status", status.getAsInt());
    }
  }

  private synchronized OptionalInt ask() {
    long now = nanoTime.getAsLong();
    if (!asked || now - askedAt > SPACING.toNanos()) {
      status = claude.probe(PATIENCE);
      asked = true;
      askedAt = nanoTime.getAsLong();
      if (status.isPresent()) {
        contact.answered();
      } else {
        contact.silent();
      }
    }
    return status;
  }
}
