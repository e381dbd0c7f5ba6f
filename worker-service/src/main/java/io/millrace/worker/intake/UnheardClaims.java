package io.millrace.worker.intake;

import io.millrace.db.job.Claims;
import io.millrace.db.job.Claims.Claimed;
import io.millrace.job.ReleasedJob;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
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

  /**
   * Counted from the first answer after the failure, and longer than a system goes on delivering
   * what was sent on a connection that its program has given up: in a partition the statement is
   * under way until the partition ends.
   */
  private static final long WATCH_NANOS = Duration.ofMinutes(3).toNanos();

  private static final long PAUSE_NANOS = Duration.ofMillis(500).toNanos();

  private final Claims claims;
  private final LongSupplier nanoTime;
  private final Set<ReleasedJob> failed = new HashSet<>();
  private final Map<ReleasedJob, Long> askedSince = new HashMap<>();
  private long askedAt;

  UnheardClaims(Claims claims, LongSupplier nanoTime) {
    this.claims = claims;
    this.nanoTime = nanoTime;
  }

  void add(Collection<ReleasedJob> invitations) {
    failed.addAll(invitations);
    askedSince.keySet().removeAll(invitations);
    askedAt = nanoTime.getAsLong() - PAUSE_NANOS;
  }

  /** Jobs that turn out to be this worker's, each once. */
  List<Claimed> won(UUID incarnation) {
    long now = nanoTime.getAsLong();
    if (failed.isEmpty() || now - askedAt < PAUSE_NANOS) {
      return List.of();
    }
    askedAt = now;
    var won = claims.wonUnheard(incarnation, failed);
    heard(won);
    failed.forEach(invitation -> askedSince.putIfAbsent(invitation, now));
    askedSince.values().removeIf(since -> now - since > WATCH_NANOS);
    failed.retainAll(askedSince.keySet());
    return won;
  }

  /**
   * These claims' answers were heard: a record whose first claim failed comes again, and whoever
   * was won by its second must not be started once more.
   */
  void heard(Collection<Claimed> won) {
    for (Claimed job : won) {
      var invitation = new ReleasedJob(job.id(), job.fence().claimNo() - 1);
      failed.remove(invitation);
      askedSince.remove(invitation);
    }
  }
}
