package io.millrace.api.submit;

import io.millrace.db.sql.Database;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.jooq.exception.DataAccessException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;

/**
 * Tells the dispatcher that there is work, once for all jobs of the last few milliseconds. Lost
 * signals do no harm: the dispatcher looks by itself too.
 */
public final class ReadySignal implements SmartLifecycle, Runnable {

  private static final Logger log = LoggerFactory.getLogger(ReadySignal.class);
  private static final Duration SPACING = Duration.ofMillis(5);

  private final Database database;
  private final AtomicBoolean raised = new AtomicBoolean();
  private volatile boolean running;
  private final Thread thread = Thread.ofPlatform().name("millrace-ready").daemon().unstarted(this);

  ReadySignal(Database database) {
    this.database = database;
  }

  /** Jobs were committed. */
  public void raise() {
    if (raised.compareAndSet(false, true)) {
      LockSupport.unpark(thread);
    }
  }

  @Override
  public void run() {
    while (running) {
      if (raised.compareAndSet(true, false)) {
        send();
        rest();
      } else {
        LockSupport.park(this);
      }
    }
  }

  // Each raise unparks this thread, so one park is not a pause.
  private void rest() {
    long until = System.nanoTime() + SPACING.toNanos();
    for (long left = SPACING.toNanos(); left > 0 && running; left = until - System.nanoTime()) {
      LockSupport.parkNanos(left);
    }
  }

  private void send() {
    try {
      database.single(connection -> {
        try (var notify = connection.prepareStatement("notify millrace_ready")) {
          return notify.execute();
        }
      });
    } catch (DataAccessException databaseAway) {
      log.debug("the dispatcher was not told of new jobs and will find them itself", databaseAway);
    }
  }

  @Override
  public void start() {
    running = true;
    thread.start();
  }

  @Override
  public void stop() {
    running = false;
    LockSupport.unpark(thread);
  }

  @Override
  public boolean isRunning() {
    return running;
  }
}
