package io.millrace.claude.call;

import java.time.Duration;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Notices that a stream has fallen silent. Any byte is a sign of work, also that of a ping, which
 * Claude sends while it thinks. One timer at a time serves a call, however much is heard.
 */
final class Silence {
  private final ScheduledExecutorService timer;
  private final UpstreamSettings.Streaming limits;
  private final Runnable onSilence;
  private volatile long heardAt;
  private volatile boolean begun;
  private volatile boolean ending;
  private Duration limit;
  private @Nullable ScheduledFuture<?> check;
  private boolean over;

  Silence(ScheduledExecutorService timer, UpstreamSettings.Streaming limits, Runnable onSilence) {
    this.timer = timer;
    this.limits = limits;
    this.onSilence = onSilence;
    this.limit = limits.start();
  }

  /** The request is leaving; the stream may take its time to begin. */
  synchronized void sent() {
    watch(limits.start());
  }

  /** Something came. */
  void heard() {
    if (ending) {
      return;
    }
    heardAt = System.nanoTime();
    if (!begun) {
      begun = true;
      watch(limits.idle());
    }
  }

  /** The message is whole; its stream may take so long to end, whatever it still brings. */
  synchronized void ending(Duration most) {
    ending = true;
    watch(most);
  }

  synchronized void over() {
    over = true;
    cancel();
  }

  private synchronized void watch(Duration next) {
    heardAt = System.nanoTime();
    limit = next;
    cancel();
    checkAfter(next.toNanos());
  }

  private synchronized void check() {
    long left = limit.toNanos() - (System.nanoTime() - heardAt);
    if (over) {
      return;
    }
    if (left <= 0) {
      onSilence.run();
    } else {
      checkAfter(left);
    }
  }

  private void checkAfter(long nanos) {
    if (!over) {
      check = timer.schedule(this::check, nanos, TimeUnit.NANOSECONDS);
    }
  }

  private void cancel() {
    if (check != null) {
      check.cancel(false);
    }
  }
}
