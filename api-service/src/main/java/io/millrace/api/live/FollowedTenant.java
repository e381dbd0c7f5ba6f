package io.millrace.api.live;

import io.millrace.db.job.JobChange.End;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * A tenant of whose ends somebody wants to hear: its streams, and what they were told lately, so
 * that each end is told once however often it is found. What was told is of one thread.
 */
final class FollowedTenant {

  final Set<LiveStream> streams = ConcurrentHashMap.newKeySet();

  /** Completed once everything that ends from now on will be told. */
  final CompletableFuture<Void> ready = new CompletableFuture<>();

  private Set<End> told = new HashSet<>();
  private Set<End> toldBefore = new HashSet<>();
  private volatile @Nullable Instant seenTo;

  /** Everything that had committed by then has been told, or was told to nobody. */
  Instant seenTo() {
    var seen = seenTo;
    if (seen == null) {
      throw new IllegalStateException("nothing was looked at yet");
    }
    return seen;
  }

  void seenTo(Instant moment) {
    seenTo = moment;
  }

  /** Notes that end; false where it is known already. */
  boolean isNews(End end) {
    return !toldBefore.contains(end) && told.add(end);
  }

  boolean knows(End end) {
    return toldBefore.contains(end) || told.contains(end);
  }

  /** Forgets what was noted before the last call. */
  void forget() {
    toldBefore = told;
    told = new HashSet<>();
  }

  int tell(List<LiveEvent> events) {
    int told = 0;
    for (LiveStream stream : streams) {
      told += stream.offer(events) > 0 ? 1 : 0;
    }
    return told;
  }
}
