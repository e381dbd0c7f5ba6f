package io.millrace.api.submit;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.api.problem.Problem;
import io.millrace.api.problem.Refused;
import io.millrace.db.loop.Loop;
import io.millrace.db.sql.Database;
import io.millrace.telemetry.Metric;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;

/**
 * Whether PostgreSQL has room for another job. What is left of a disk belongs to the answers of the
 * jobs that were taken in, so intake stops first: when little is free where the data is on this
 * machine, when the database has grown to its configured size, and for a few seconds each time that
 * PostgreSQL itself says that its disk is full. See ADR 0008.
 */
public final class Room implements SmartLifecycle {

  private static final Logger log = LoggerFactory.getLogger(Room.class);
  private static final Duration LOOK = Duration.ofSeconds(2);
  private static final Duration BOUND = Duration.ofSeconds(1);
  private static final long AFTER_FULL_NANOS = Duration.ofSeconds(5).toNanos();
  private static final int RETRY_AFTER_SECONDS = 10;

  private final RoomSettings settings;
  private final Database database;
  private final LongSupplier nanoTime;
  private final Loop loop;
  private volatile @Nullable String shortage;
  private volatile @Nullable Long fullAt;
  private volatile boolean running;

  Room(RoomSettings settings, Database database, LongSupplier nanoTime, MeterRegistry meters) {
    this.settings = settings;
    this.database = database;
    this.nanoTime = nanoTime;
    this.loop = new Loop("room", meters, this::look);
    Gauge.builder(Metric.INTAKE_CLOSED.meter(), this, self -> self.reason() == null ? 0 : 1)
        .register(meters);
  }

  /**
   * Lets a submission pass.
   *
   * @throws Refused with 503 where there is no room; nothing was stored
   */
  public void enter() {
    if (reason() != null) {
      throw new Refused(problem());
    }
  }

  /** PostgreSQL said that its disk is full: nothing is tried for a few seconds. */
  public Problem full() {
    if (fullAt == null) {
      log.warn("PostgreSQL has no disk space left; nothing is taken in until it has");
    }
    fullAt = nanoTime.getAsLong();
    return problem();
  }

  /** A submission was stored: there is room. */
  public void stored() {
    if (fullAt != null) {
      fullAt = null;
      log.info("PostgreSQL has disk space again");
    }
  }

  private @Nullable String reason() {
    var full = fullAt;
    return full != null && nanoTime.getAsLong() - full < AFTER_FULL_NANOS ? "full" : shortage;
  }

  private static Problem problem() {
    return Problem.overloaded(
        Problem.Reason.DISK,
        "The store is short of disk space; nothing was stored",
        RETRY_AFTER_SECONDS);
  }

  Duration look() {
    String now = shortage();
    String before = shortage;
    shortage = now;
    if (now != null && before == null) {
      log.warn("Nothing is taken in until there is more room: {}", now);
    } else if (now == null && before != null) {
      log.info("There is room again; jobs are taken in");
    }
    return LOOK;
  }

  private @Nullable String shortage() {
    // Reopens a tenth later than it closes, or every removed row would open it for one more.
    boolean closed = shortage != null;
    var directory = settings.dataDirectory();
    long minFree = settings.minFree().toBytes();
    if (directory != null && minFree > 0) {
      long free = free(directory);
      if (free < minFree + (closed ? minFree / 10 : 0)) {
        return "%d MB are free for PostgreSQL's data, and millrace.intake.min-free is %d MB"
            .formatted(free >> 20, minFree >> 20);
      }
    }
    long most = settings.maxDatabaseBytes().toBytes();
    if (most > 0) {
      long size = size();
      if (size > most - (closed ? most / 10 : 0)) {
        return "the database has %d MB, and millrace.intake.max-database-bytes is %d MB"
            .formatted(size >> 20, most >> 20);
      }
    }
    return null;
  }

  private static long free(java.nio.file.Path directory) {
    try {
      return Files.getFileStore(directory).getUsableSpace();
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  private long size() {
    return database.single(connection -> {
      try (var select = connection.prepareStatement("select pg_database_size(current_database())");
          var row = select.executeQuery()) {
        row.next();
        return row.getLong(1);
      }
    });
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
