package io.millrace.cli.bulk;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/** How fast items end, over the last while. */
final class Speed {

  private static final long WINDOW = Duration.ofSeconds(60).toNanos();

  private final Deque<Look> looks = new ArrayDeque<>();

  private record Look(long at, long ended) {}

  void look(long nanoTime, long ended) {
    looks.addLast(new Look(nanoTime, ended));
    while (looks.size() > 2 && nanoTime - looks.getFirst().at() > WINDOW) {
      looks.removeFirst();
    }
  }

  /** Items a second; zero as long as nothing is known. */
  double perSecond() {
    if (looks.size() < 2) {
      return 0;
    }
    double seconds = (looks.getLast().at() - looks.getFirst().at()) / 1e9;
    return seconds <= 0 ? 0 : (looks.getLast().ended() - looks.getFirst().ended()) / seconds;
  }

  /** Until so many more have ended, or null where nobody can tell. */
  @Nullable Duration left(long items) {
    double speed = perSecond();
    return speed <= 0 ? null : Duration.ofSeconds((long) Math.ceil(items / speed));
  }
}
