package io.millrace.api.live;

import io.millrace.api.patience.Turnstile;
import io.millrace.db.job.JobChange;
import io.millrace.db.job.JobChange.End;
import io.millrace.db.job.JobChanges;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What ended in a tenant since a place in its stream, read in pages that hold nothing between them.
 * Ends are seen late by up to {@link #LATE} at most: so it begins that much before the place, and
 * may repeat what the client has.
 */
final class History {

  static final Duration LATE = JobChanges.LATE;

  private static final Duration PATIENCE = Duration.ofSeconds(5);
  private static final int PAGE = 500;

  private final JobChanges changes;
  private final Turnstile turnstile;
  private final int tenantId;
  private End place;
  private final Deque<End> given = new ArrayDeque<>();
  private final Set<End> lately = new HashSet<>();

  History(JobChanges changes, Turnstile turnstile, int tenantId, Cursor cursor) {
    this.changes = changes;
    this.turnstile = turnstile;
    this.tenantId = tenantId;
    this.place = before(cursor.at());
  }

  /** What the next page holds, and whether it reaches the present. */
  record Page(List<LiveEvent> events, boolean last) {}

  Page next() throws InterruptedException {
    List<JobChange> ended =
        turnstile.within(PATIENCE, () -> changes.endedAfter(tenantId, place, PAGE));
    if (!ended.isEmpty()) {
      place = LiveEvent.end(ended.getLast());
    }
    return new Page(
        ended.stream().map(LiveEvent::of).filter(this::isNews).toList(), ended.size() < PAGE);
  }

  /** Goes back for what was not to be seen yet when it was passed. */
  void rewind() {
    place = before(place.at());
  }

  /** Whether this was not given lately. */
  boolean isNews(LiveEvent event) {
    if (event.id() == null || !event.isFinal()) {
      return true;
    }
    End end = LiveEvent.end(event.job());
    if (!lately.add(end)) {
      return false;
    }
    given.add(end);
    Instant old = end.at().minus(LATE.multipliedBy(2));
    while (given.peek() != null && given.peek().at().isBefore(old)) {
      lately.remove(given.remove());
    }
    return true;
  }

  private static End before(Instant moment) {
    return JobChanges.before(
        moment.isBefore(Instant.EPOCH.plus(LATE)) ? moment : moment.minus(LATE));
  }
}
