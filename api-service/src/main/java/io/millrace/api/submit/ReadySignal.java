package io.millrace.api.submit;

import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.db.loop.Loop;
import io.millrace.db.sql.Database;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.springframework.context.SmartLifecycle;

/**
 * Tells the dispatcher that there is work, once for all jobs of the last few milliseconds. Lost
 * signals do no harm: the dispatcher looks by itself too.
 */
public final class ReadySignal implements SmartLifecycle {

  private static final Duration SPACING = Duration.ofMillis(5);
  private static final Duration QUIET = Duration.ofSeconds(5);
  private static final Duration BOUND = Duration.ofSeconds(1);

  private final Database database;
  private final Loop loop;
  private final AtomicBoolean raised = new AtomicBoolean();
  private final CountDownLatch never = new CountDownLatch(1);
  private volatile boolean running;

  ReadySignal(Database database, MeterRegistry meters) {
    this.database = database;
    this.loop = new Loop("ready", meters, this::once);
  }

  /** Jobs were committed. */
  public void raise() {
    if (!raised.get() && raised.compareAndSet(false, true)) {
      loop.wake();
    }
  }

  private Duration once() throws InterruptedException {
    if (raised.compareAndSet(true, false)) {
      send();
      // Not as the loop's pause, which each raise would cut.
      var _ = never.await(SPACING.toMillis(), TimeUnit.MILLISECONDS);
    }
    return QUIET;
  }

  private void send() {
    try {
      database.single(connection -> {
        try (var notify = connection.prepareStatement("notify millrace_ready")) {
          return notify.execute();
        }
      });
    } catch (RuntimeException failure) {
      raised.set(true);
      throw failure;
    }
  }

  @Override
  public void start() {
    running = true;
    loop.start();
  }

  @Override
  public void stop() {
    running = false;
    loop.stop(BOUND);
  }

  @Override
  public boolean isRunning() {
    return running;
  }
}
