package io.millrace.api.live;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What waits for one client. Events are shared by all who get them, so that a client that reads
 * slowly holds references to a bounded number of them, and is let go at the bound.
 */
final class LiveStream {

  private static final int PORTION = 250;

  private final LinkedBlockingQueue<List<LiveEvent>> waiting = new LinkedBlockingQueue<>();
  private final Predicate<LiveEvent> wanted;
  private final int bound;
  private int held;
  private volatile @Nullable Ending ending;

  /** Why a stream ends before its subject does. */
  enum Ending {
    SLOW_READER,
    SHUTDOWN,
    MAX_AGE,
    KEY_REVOKED
  }

  LiveStream(Predicate<LiveEvent> wanted, int bound) {
    this.wanted = wanted;
    this.bound = bound;
  }

  /** Gives it the events that it wants, in their order, and returns how many these were. */
  synchronized int offer(List<LiveEvent> events) {
    if (ending != null) {
      return 0;
    }
    List<LiveEvent> mine = events.stream().filter(wanted).toList();
    if (mine.isEmpty()) {
      return 0;
    }
    if (held + mine.size() > bound && held > 0) {
      end(Ending.SLOW_READER);
      return 0;
    }
    held += mine.size();
    waiting.add(mine);
    return mine.size();
  }

  /** Ends it; the first reason counts. */
  synchronized void end(Ending reason) {
    if (ending == null) {
      ending = reason;
      waiting.clear();
      waiting.add(List.of());
    }
  }

  /** Why it has ended; null while it goes on. */
  @Nullable Ending ending() {
    return ending;
  }

  /** What came since the last call, once there is any; nothing after that time, or at the end. */
  List<LiveEvent> next(Duration atMost) throws InterruptedException {
    List<LiveEvent> first = waiting.poll(atMost.toNanos(), TimeUnit.NANOSECONDS);
    if (first == null || ending != null) {
      return List.of();
    }
    List<LiveEvent> all = new ArrayList<>(first);
    while (all.size() < PORTION) {
      List<LiveEvent> more = waiting.poll();
      if (more == null) {
        break;
      }
      all.addAll(more);
    }
    synchronized (this) {
      held -= all.size();
    }
    return all;
  }
}
