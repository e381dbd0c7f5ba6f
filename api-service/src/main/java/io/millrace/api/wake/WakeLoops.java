package io.millrace.api.wake;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.telemetry.Metric;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.springframework.context.SmartLifecycle;

/**
 * Runs the loops that wake waiters. Stops before the web server does, so that a minute's wait does
 * not hold up a shutdown: who waits is answered with the job as it stands.
 */
final class WakeLoops implements SmartLifecycle {

  private final Waiters waiters = new Waiters(this::hurry);
  private final FinishedPoll poll;
  private final @Nullable EventFeed feed;
  private final List<Thread> threads = new ArrayList<>();
  private volatile @Nullable Thread feedThread;

  WakeLoops(FinishedJobs finished, @Nullable String bootstrapServers) {
    this.poll = new FinishedPoll(waiters, finished);
    this.feed = bootstrapServers == null ? null : new EventFeed(bootstrapServers, waiters);
  }

  void measure(MeterRegistry meters) {
    Gauge.builder(Metric.WAITERS.meter(), waiters, all -> all.ids().size())
        .description(Metric.WAITERS.description())
        .register(meters);
    age("finished-poll", poll::workedAt, meters);
    if (feed != null) {
      age("event-feed", feed::workedAt, meters);
    }
  }

  private static void age(String loop, LongSupplier workedAt, MeterRegistry meters) {
    Gauge.builder(Metric.LOOP_AGE.meter(), () -> (System.nanoTime() - workedAt.getAsLong()) / 1e9)
        .baseUnit("seconds")
        .tag("loop", loop)
        .register(meters);
  }

  Waiters waiters() {
    return waiters;
  }

  @Override
  public int getPhase() {
    return Integer.MAX_VALUE;
  }

  @Override
  public synchronized void start() {
    threads.add(Thread.ofPlatform().name("millrace-finished-poll").daemon().start(poll));
    if (feed != null) {
      feedThread = Thread.ofPlatform().name("millrace-events").daemon().start(feed);
      threads.add(feedThread);
    }
  }

  @Override
  public synchronized void stop() {
    poll.stop();
    if (feed != null) {
      feed.stop();
    }
    waiters.close();
    threads.forEach(LockSupport::unpark);
    threads.clear();
  }

  @Override
  public synchronized boolean isRunning() {
    return !threads.isEmpty();
  }

  /** The feed rests while nobody waits. */
  private void hurry() {
    LockSupport.unpark(feedThread);
  }
}
