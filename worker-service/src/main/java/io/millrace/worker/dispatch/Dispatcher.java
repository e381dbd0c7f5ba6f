package io.millrace.worker.dispatch;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.db.loop.Loop;
import io.millrace.db.sql.Database;
import io.millrace.telemetry.Metric;
import io.millrace.worker.telemetry.QueueGauges;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.locks.LockSupport;
import org.jooq.exception.DataAccessException;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Dispatches while this process is the elected one. The election is a session's advisory lock, so
 * PostgreSQL ends a dead dispatcher's term with its connection; the same connection listens for the
 * intake's bell. A term that ends unnoticed for a moment is harmless: the releasing update skips
 * what another dispatcher has in hand.
 */
public final class Dispatcher {

  /** The channel on which the intake rings when it has stored jobs. */
  public static final String BELL = "millrace_ready";

  private static final Logger log = LoggerFactory.getLogger(Dispatcher.class);
  private static final long ELECTION = 7305809159410114L;
  private static final Duration CANDIDATE_PAUSE = Duration.ofMillis(500);
  private static final Duration CHECK = Duration.ofSeconds(2);
  // A dead line is noticed so soon, and its lock falls three times as long after its last words.
  private static final Duration READ = Duration.ofSeconds(3);
  private static final int BUSY_ROUND = 32;
  private static final long BUSY_PACE_NANOS = Duration.ofMillis(12).toNanos();
  private static final int HELD_PAUSE_MILLIS = 20;

  private final Database database;
  private final Reroute reroute;
  private final ReleaseJobs releaseJobs;
  private final DispatchSettings settings;
  private final Loop loop;
  private final Loop watch;
  private @Nullable Connection session;
  private volatile boolean elected;
  private long checkedAt;

  Dispatcher(
      Database database,
      Reroute reroute,
      ReleaseJobs releaseJobs,
      QueueGauges gauges,
      DispatchSettings settings,
      MeterRegistry meters) {
    this.database = database;
    this.reroute = reroute;
    this.releaseJobs = releaseJobs;
    this.settings = settings;
    this.loop = new Loop("dispatch", meters, this::once);
    this.watch = new Loop("queue", meters, () -> gauges.once(elected));
    Gauge.builder(Metric.DISPATCH_ELECTED.meter(), this, self -> self.elected ? 1 : 0)
        .register(meters);
  }

  public void start() {
    loop.start();
    watch.start();
  }

  /** Stops and gives the office up, so that another process is elected at once. */
  public void stop(Duration bound) {
    watch.stop(bound);
    if (loop.stop(bound)) {
      resign();
    }
  }

  /** Whether this process dispatches now. */
  public boolean isElected() {
    return elected;
  }

  private Duration once() {
    try {
      if (!elected && !stand()) {
        return CANDIDATE_PAUSE;
      }
      listen(round());
      return Duration.ZERO;
    } catch (RuntimeException | SQLException failure) {
      resign();
      throw failure instanceof RuntimeException unchecked
          ? unchecked
          : new DataAccessException("the dispatcher's session broke", failure);
    }
  }

  private int round() {
    reroute.once();
    var round = releaseJobs.once();
    if (round.released() >= BUSY_ROUND) {
      // Under load a round's cost is shared by more jobs if it waits for them a moment.
      LockSupport.parkNanos(BUSY_PACE_NANOS);
      return 1;
    }
    return round.held() || round.released() > 0
        ? HELD_PAUSE_MILLIS
        : (int) settings.idle().toMillis();
  }

  private boolean stand() throws SQLException {
    if (session == null) {
      session = database.dedicated("millrace-dispatcher", READ);
    }
    try (var statement = session.createStatement()) {
      try (var row = statement.executeQuery("select pg_try_advisory_lock(" + ELECTION + ")")) {
        elected = row.next() && row.getBoolean(1);
      }
      if (elected) {
        statement.execute("listen " + BELL);
        checkedAt = System.nanoTime();
        log.info("This worker dispatches");
      }
    }
    return elected;
  }

  /** Waits for the bell, and now and then asks whether the line is still up. */
  private void listen(int millis) throws SQLException {
    var connection = Objects.requireNonNull(session);
    var _ = connection.unwrap(PGConnection.class).getNotifications(millis);
    if (System.nanoTime() - checkedAt > CHECK.toNanos()) {
      try (var statement = connection.createStatement()) {
        statement.execute("select 1");
      }
      checkedAt = System.nanoTime();
    }
  }

  private void resign() {
    elected = false;
    var connection = session;
    session = null;
    if (connection != null) {
      try {
        connection.close();
      } catch (SQLException gone) {
        log.debug("The dispatcher's session was gone already", gone);
      }
    }
  }
}
