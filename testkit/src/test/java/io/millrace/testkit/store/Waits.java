package io.millrace.testkit.store;

import io.millrace.db.sql.Database;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/** Bounded waits for what other sessions of a database do. */
final class Waits {

  private static final Duration BOUND = Duration.ofSeconds(10);

  private Waits() {}

  static void untilSomebodyWaitsForALock(Database database) {
    long end = System.nanoTime() + BOUND.toNanos();
    while (waiting(database) == 0) {
      if (System.nanoTime() > end) {
        throw new AssertionError("nobody waits for a lock");
      }
      LockSupport.parkNanos(1_000_000);
    }
  }

  private static int waiting(Database database) {
    return database
        .dsl()
        .fetchSingle(
            "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'")
        .get(0, Integer.class);
  }
}
