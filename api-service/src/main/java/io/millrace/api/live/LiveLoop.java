package io.millrace.api.live;

import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.db.job.JobChanges;
import io.millrace.db.loop.Loop;
import java.time.Duration;
import org.springframework.context.SmartLifecycle;

/**
 * Runs the thread that tells streams what happens. Stops before the web server does, which would
 * wait for streams to end by themselves.
 */
final class LiveLoop implements SmartLifecycle {

  private static final Duration BOUND = Duration.ofSeconds(1);

  private final LiveStreams streams;
  private final Loop loop;
  private volatile boolean running;

  LiveLoop(JobChanges changes, int buffer, MeterRegistry meters) {
    this.streams = new LiveStreams(changes, buffer, this::wake);
    this.loop = new Loop("streams", meters, streams::once);
  }

  LiveStreams streams() {
    return streams;
  }

  private void wake() {
    loop.wake();
  }

  @Override
  public int getPhase() {
    return Integer.MAX_VALUE;
  }

  @Override
  public void start() {
    loop.start();
    running = true;
  }

  @Override
  public void stop() {
    running = false;
    streams.close();
    loop.stop(BOUND);
  }

  @Override
  public boolean isRunning() {
    return running;
  }
}
