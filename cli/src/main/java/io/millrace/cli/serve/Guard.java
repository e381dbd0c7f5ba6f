package io.millrace.cli.serve;

import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Starts an embedded server again, on its port and with its data, when its process was killed. */
final class Guard implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(Guard.class);

  private final List<Watched> watched;
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("millrace-guard").factory());

  /** A server that should run. */
  record Watched(String name, BooleanSupplier isRunning, Runnable restart) {}

  Guard(Watched... watched) {
    this.watched = List.of(watched);
    var _ = timer.scheduleWithFixedDelay(this::look, 1, 1, TimeUnit.SECONDS);
  }

  private void look() {
    watched.forEach(Guard::look);
  }

  private static void look(Watched server) {
    if (server.isRunning().getAsBoolean()) {
      return;
    }
    log.warn("{} has ended; starting it again", server.name());
    try {
      server.restart().run();
      log.info("{} runs again", server.name());
    } catch (RuntimeException failure) {
      log.warn("{} does not start; trying again: {}", server.name(), failure.getMessage());
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
