package io.millrace.worker.dispatch;

import io.millrace.db.job.Releases.Queue;
import io.millrace.job.Lane;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.LongSupplier;

/**
 * What was released a moment ago: claimed perhaps, but not yet in what the workers tell of
 * themselves. Without it a round would release again what the one before did. Not thread-safe.
 */
final class RecentReleases {

  // A worker tells of itself twenty times a second, and is read as often.
  private static final long MOMENT = Duration.ofMillis(250).toNanos();
  // And beats once a second.
  private static final long BEAT = Duration.ofMillis(1500).toNanos();

  private final LongSupplier nanoTime;
  private final Deque<Release> releases = new ArrayDeque<>();
  // The first is the last one before the workers' beat; a job on its way at that time may have been
  // claimed since, however long ago it was released.
  private final Deque<Round> rounds = new ArrayDeque<>();

  private record Release(long at, Queue queue) {}

  private record Round(long at, int unclaimed) {}

  RecentReleases(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  void add(Queue queue) {
    releases.add(new Release(nanoTime.getAsLong(), queue));
  }

  /** Begins a round that found so many jobs on their way to the workers. */
  void begin(int unclaimed) {
    long now = nanoTime.getAsLong();
    rounds.add(new Round(now, unclaimed));
    Round beforeBeat = rounds.removeFirst();
    while (!rounds.isEmpty() && now - rounds.getFirst().at() >= BEAT) {
      beforeBeat = rounds.removeFirst();
    }
    rounds.addFirst(beforeBeat);
    while (!releases.isEmpty() && releases.getFirst().at() - beforeBeat.at() < 0) {
      releases.removeFirst();
    }
  }

  /** Jobs that need not be among those that the workers last told that they hold. */
  int unseen() {
    return releases.size() + (rounds.isEmpty() ? 0 : rounds.getFirst().unclaimed());
  }

  /** Jobs released to the pool in this lane or a higher one. */
  int released(String pool, Lane lane) {
    long after = nanoTime.getAsLong() - MOMENT;
    return (int)
        releases.stream()
            .filter(release -> release.at() - after > 0)
            .map(Release::queue)
            .filter(queue -> queue.pool().equals(pool) && queue.lane().compareTo(lane) <= 0)
            .count();
  }
}
