package io.millrace.db.limit;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A pause that lasts.
 *
 * @param reason the operator's words, or the failure code that the account met
 * @param probeAt when one job may try whether the account is accepted again; null for a pause by
 *     hand, which only a hand ends
 * @param probeDelay how long after a failed probe the next may follow
 */
public record PoolPause(
    String pool,
    Kind kind,
    String reason,
    Instant pausedAt,
    @Nullable Instant probeAt,
    @Nullable Duration probeDelay) {

  /** Who paused the pool. */
  public enum Kind {
    MANUAL,
    PLATFORM;

    public String wireName() {
      return this == MANUAL ? "manual" : "platform";
    }
  }
}
