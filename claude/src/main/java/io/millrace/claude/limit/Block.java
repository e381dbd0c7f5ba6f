package io.millrace.claude.limit;

import io.millrace.claude.limit.Draw.Refused;
import io.millrace.db.limit.PoolRate;
import io.millrace.failure.FailureCode;
import org.jspecify.annotations.Nullable;

/**
 * A stretch in which nothing starts, since the provider refused: until it is over, and then until
 * one call that goes ahead of the others has been let in.
 */
final class Block {
  /** What blocks while that call is under way. */
  static final String PROBE = "probe";

  // A 429 comes at once: a call that got none for so long has been let in.
  private static final long PATIENCE = 1_500_000;

  private long until;
  private @Nullable String by;
  private long probesFrom;

  Block(PoolRate rate) {
    this.until = rate.blockedUntil();
    this.by = rate.blockedBy();
    this.probesFrom = rate.probesFrom();
  }

  /** Microseconds since the epoch; 0 where nothing is blocked. */
  long until() {
    return until;
  }

  @Nullable String by() {
    return by;
  }

  long probesFrom() {
    return probesFrom;
  }

  void refused(Refused refused, long now) {
    long then = now + refused.away();
    if (then > until || PROBE.equals(by)) {
      until = then;
      by =
          refused.ramp()
              ? FailureCode.RAMP_LIMIT_EXCEEDED.wireName()
              : refused.dimension() == null
                  ? FailureCode.RATE_LIMITED.wireName()
                  : refused.dimension().wireName();
    }
    probesFrom = until;
  }

  /** The call that went ahead was let in. */
  void proved(long now) {
    if (PROBE.equals(by)) {
      until = Math.min(until, now);
    }
  }

  /**
   * A call may start; if it is the one that goes ahead, the others wait for it.
   *
   * @return whether it is
   */
  boolean probe(long start) {
    if (probesFrom == 0) {
      return false;
    }
    probesFrom = 0;
    until = start + PATIENCE;
    by = PROBE;
    return true;
  }
}
