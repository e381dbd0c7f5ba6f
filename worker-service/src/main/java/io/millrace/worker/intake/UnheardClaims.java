package io.millrace.worker.intake;

import io.millrace.db.job.Claims;
import io.millrace.db.job.Claims.Claimed;
import io.millrace.job.ReleasedJob;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.LongSupplier;

/**
 * Claims that failed on the way back: the statement may have committed, or may yet, and then this
 * worker holds jobs of which it does not know. Its lease is good, so that nobody would take them
 * from it before their deadline. It is therefore asked for a while what it holds.
 *
 * <p>Belongs to the thread that claims, so that no claim can be under way while it is asked.
 */
final class UnheardClaims {

  /** Longer than any statement may run on after its client has given it up. */
  private static final long WATCH_NANOS = Duration.ofSeconds(30).toNanos();

  private static final long PAUSE_NANOS = Duration.ofMillis(500).toNanos();

  private final Claims claims;
  private final LongSupplier nanoTime;
  private final Map<ReleasedJob, Long> failedAt = new HashMap<>();
  private long askedAt;

  UnheardClaims(Claims claims, LongSupplier nanoTime) {
    this.claims = claims;
    this.nanoTime = nanoTime;
  }

  void add(Collection<ReleasedJob> invitations) {
    long now = nanoTime.getAsLong();
    invitations.forEach(invitation -> failedAt.put(invitation, now));
    askedAt = now - PAUSE_NANOS;
  }

  /** Jobs that turn out to be this worker's, each once. */
  List<Claimed> won(UUID incarnation) {
    long now = nanoTime.getAsLong();
    if (failedAt.isEmpty() || now - askedAt < PAUSE_NANOS) {
      return List.of();
    }
    askedAt = now;
    var won = claims.wonUnheard(incarnation, failedAt.keySet());
    heard(won);
    failedAt.values().removeIf(failed -> now - failed > WATCH_NANOS);
    return won;
  }

  /**
   * These claims' answers were heard: a record whose first claim failed comes again, and whoever
   * was won by its second must not be started once more.
   */
  void heard(Collection<Claimed> won) {
    won.forEach(job -> failedAt.remove(new ReleasedJob(job.id(), job.fence().claimNo() - 1)));
  }
}
