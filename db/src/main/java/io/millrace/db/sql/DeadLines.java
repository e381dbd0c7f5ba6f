package io.millrace.db.sql;

import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.SQLExceptionOverride;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Replaces all connections of a pool when one of them is found dead: what cut one in silence has
 * cut its neighbours too, and each would else keep somebody waiting for as long as the first did.
 * Connections in use are replaced when they come back.
 */
final class DeadLines implements SQLExceptionOverride {

  private static final Logger log = LoggerFactory.getLogger(DeadLines.class);

  /**
   * Those who wait on the other dead lines report theirs a moment later: one replacement for all.
   */
  private static final long SPACING_NANOS = Duration.ofSeconds(2).toNanos();

  private final AtomicLong replacedAt = new AtomicLong(System.nanoTime() - SPACING_NANOS);
  private volatile @Nullable HikariDataSource pool;

  void watch(HikariDataSource watched) {
    pool = watched;
  }

  @java.lang.Override
  public Override adjudicate(SQLException failure) {
    var watched = pool;
    long last = replacedAt.get();
    long now = System.nanoTime();
    if (watched != null
        && Failures.isSilence(failure)
        && now - last > SPACING_NANOS
        && replacedAt.compareAndSet(last, now)) {
      log.warn(
          "A connection to PostgreSQL of {} went dead; all of its pool are replaced",
          watched.getPoolName());
      watched.getHikariPoolMXBean().softEvictConnections();
    }
    return Override.CONTINUE_EVICT;
  }
}
