package io.millrace.cli.serve;

import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Starts an embedded server again, on its port and with its data, when its process was killed. */
final class Guard implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(Guard.class);

  // The processes of a killed PostgreSQL need a moment to notice, and a start in between fails.
  private static final int SILENT_FAILURES = 2;

  private final String name;
  private final BooleanSupplier isRunning;
  private final Runnable restart;
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("millrace-guard").factory());
  private int failures;

  Guard(String name, BooleanSupplier isRunning, Runnable restart) {
    this.name = name;
    this.isRunning = isRunning;
    this.restart = restart;
    var _ = timer.scheduleWithFixedDelay(this::look, 1, 1, TimeUnit.SECONDS);
  }

  private void look() {
    if (isRunning.getAsBoolean()) {
      return;
    }
    if (failures == 0) {
      log.warn("{} has ended; starting it again", name);
    }
    try {
      restart.run();
      failures = 0;
      log.info("{} runs again", name);
    } catch (RuntimeException failure) {
      failures++;
      if (failures > SILENT_FAILURES) {
        log.warn("{} does not start; trying again: {}", name, failure.getMessage());
      }
    }
  }

  /** Waits for a restart that is under way: what it starts has to be stopped afterwards. */
  @Override
  public void close() {
    timer.shutdownNow();
    try {
      var _ = timer.awaitTermination(30, TimeUnit.SECONDS);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
