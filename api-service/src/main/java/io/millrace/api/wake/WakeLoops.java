package io.millrace.api.wake;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.db.loop.Loop;
import io.millrace.telemetry.Metric;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.context.SmartLifecycle;

/**
 * Runs the loops that wake waiters. Stops before the web server does, so that a minute's wait does
 * not hold up a shutdown: who waits is answered with the job as it stands.
 */
final class WakeLoops implements SmartLifecycle {

  private static final Duration BOUND = Duration.ofSeconds(1);

  private final Waiters waiters = new Waiters(this::hurry);
  private final Loop poll;
  private final @Nullable EventFeed feed;
  private volatile boolean running;

  /** {@code others} hear of the same events. */
  WakeLoops(
      FinishedJobs finished,
      List<EventListener> others,
      @Nullable String bootstrapServers,
      MeterRegistry meters) {
    this.poll = new Loop("finished", meters, new FinishedPoll(waiters, finished)::once);
    List<EventListener> all = new ArrayList<>(others);
    all.add(waiters.listener());
    this.feed = bootstrapServers == null ? null : new EventFeed(bootstrapServers, all, meters);
  }

  void measure(MeterRegistry meters) {
    Gauge.builder(Metric.WAITERS.meter(), waiters, all -> all.ids().size())
        .description(Metric.WAITERS.description())
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
  public void start() {
    poll.start();
    if (feed != null) {
      feed.start();
    }
    running = true;
  }

  @Override
  public void stop() {
    running = false;
    waiters.close();
    poll.stop(BOUND);
    if (feed != null) {
      feed.stop(BOUND);
    }
  }

  @Override
  public boolean isRunning() {
    return running;
  }

  /** The feed rests while nobody waits. */
  private void hurry() {
    if (feed != null) {
      feed.hurry();
    }
  }
}
