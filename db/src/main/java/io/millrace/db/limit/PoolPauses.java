package io.millrace.db.limit;

import io.millrace.db.limit.PoolPause.Kind;
import io.millrace.db.sql.Database;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Which pools start nothing, and why. Times are the database's. */
public final class PoolPauses {

  /** The first probe of a platform pause comes so long after it began. */
  public static final Duration FIRST_PROBE = Duration.ofSeconds(5);

  /** Probes that fail are repeated at twice the delay each, up to this. */
  public static final Duration LONGEST_PROBE = Duration.ofSeconds(60);

  private static final String COLUMNS = "pool, kind, reason, paused_at, probe_at, probe_delay_ms";

  // Calls that began before the last pause ended tell of that pause, not of a new one.
  private static final String FAULT =
      """
      insert into pool_pause (pool, kind, reason, probe_at, probe_delay_ms)
      select ?, 'platform', ?, now() + ? * interval '1 millisecond', ?
      where not exists (
        select from pool_pause
        where pool = ? and kind = 'platform' and resumed_at > now() - ? * interval '1 millisecond')
      on conflict (pool, kind) where resumed_at is null do nothing
      """;

  private static final String PROBE_FAILED =
      """
      update pool_pause set reason = ?, probe_delay_ms = least(2 * probe_delay_ms, ?),
        probe_at = now() + least(2 * probe_delay_ms, ?) * interval '1 millisecond'
      where pool = ? and kind = 'platform' and resumed_at is null
      """;

  private static final String CLIMB =
      "update rate_pool set climbs_from = now(), blocked_until = null, blocked_by = null where pool = ?";

  // Else these would take the window's room from other pools until they are swept.
  private static final String TAKE_BACK =
      """
      with released as (
        select id from job
        where state = 'queued' and parked_until is not null and (released_at is not null) = true
          and pool = ?
        for update skip locked)
      update job set parked_until = null, released_at = null from released where job.id = released.id
      """;

  private final Database database;

  public PoolPauses(Database database) {
    this.database = database;
  }

  /** All pauses that last, by pool. */
  public List<PoolPause> open() {
    return database.single(PoolPauses::open);
  }

  static List<PoolPause> open(Connection connection) throws SQLException {
    try (var select =
        connection.prepareStatement(
            "select "
                + COLUMNS
                + " from pool_pause where resumed_at is null order by pool, kind")) {
      return pauses(select);
    }
  }

  /**
   * Pauses by hand. What is on its way to the workers comes back; what they hold is theirs.
   *
   * @return false where the pool is paused by hand already, which then stays as it is
   */
  public boolean pause(String pool, String reason) {
    boolean paused =
        database.single(connection -> {
          try (var insert =
              connection.prepareStatement(
                  """
                  insert into pool_pause (pool, kind, reason) values (?, 'manual', ?)
                  on conflict (pool, kind) where resumed_at is null do nothing
                  """)) {
            insert.setString(1, pool);
            insert.setString(2, reason);
            return insert.executeUpdate() == 1;
          }
        });
    takeBack(pool);
    return paused;
  }

  private void takeBack(String pool) {
    database.single(connection -> {
      try (var update = connection.prepareStatement(TAKE_BACK)) {
        update.setString(1, pool);
        return update.executeUpdate();
      }
    });
  }

  /**
   * Ends a pause by hand, and lets a pause of the platform's be probed now.
   *
   * @return whether there was a pause of either kind
   */
  public boolean resume(String pool) {
    return database.transaction(connection -> {
      boolean ended = end(connection.prepareStatement(END), pool, Kind.MANUAL);
      try (var probe =
              connection.prepareStatement(
                  """
                  update pool_pause set probe_at = now(), probe_delay_ms = ?
                  where pool = ? and kind = 'platform' and resumed_at is null
                  """);
          var climb = connection.prepareStatement(CLIMB)) {
        probe.setLong(1, FIRST_PROBE.toMillis());
        probe.setString(2, pool);
        boolean probed = probe.executeUpdate() > 0;
        if (ended) {
          climb.setString(1, pool);
          climb.executeUpdate();
        }
        return ended || probed;
      }
    });
  }

  /**
   * The account was refused: nothing more starts on the pool but probes.
   *
   * @param code the failure code
   * @param began how long ago the refused call began
   * @return whether this is news
   */
  public boolean fault(String pool, String code, Duration began) {
    return database.single(connection -> {
      try (var insert = connection.prepareStatement(FAULT)) {
        insert.setString(1, pool);
        insert.setString(2, code);
        insert.setLong(3, FIRST_PROBE.toMillis());
        insert.setLong(4, FIRST_PROBE.toMillis());
        insert.setString(5, pool);
        insert.setLong(6, began.toMillis());
        return insert.executeUpdate() == 1;
      }
    });
  }

  /** A probe met the fault again: the next one waits twice as long. */
  public void probeFailed(String pool, String code) {
    database.single(connection -> {
      try (var update = connection.prepareStatement(PROBE_FAILED)) {
        update.setString(1, code);
        update.setLong(2, LONGEST_PROBE.toMillis());
        update.setLong(3, LONGEST_PROBE.toMillis());
        update.setString(4, pool);
        return update.executeUpdate();
      }
    });
  }

  /**
   * A probe was refused for good. If that is what the pool was paused for, the next probe waits
   * twice as long; any other pause it has got through.
   *
   * @return whether the pause goes on
   */
  public boolean refusedAgain(String pool, String code) {
    return database.single(connection -> {
      try (var update = connection.prepareStatement(PROBE_FAILED + " and reason = ?")) {
        update.setString(1, code);
        update.setLong(2, LONGEST_PROBE.toMillis());
        update.setLong(3, LONGEST_PROBE.toMillis());
        update.setString(4, pool);
        update.setString(5, code);
        return update.executeUpdate() > 0;
      }
    });
  }

  /**
   * A probe got through: the platform's pause ends, and the rate climbs from nothing.
   *
   * @return whether there was one
   */
  public boolean faultOver(String pool) {
    return database.transaction(connection -> {
      boolean ended = end(connection.prepareStatement(END), pool, Kind.PLATFORM);
      if (ended) {
        try (var climb = connection.prepareStatement(CLIMB)) {
          climb.setString(1, pool);
          climb.executeUpdate();
        }
      }
      return ended;
    });
  }

  /** Forgets pauses that ended longer ago than any deadline that they could have put off. */
  public int forget() {
    return database.single(connection -> {
      try (var delete =
          connection.prepareStatement(
              "delete from pool_pause where resumed_at < now() - interval '100 days'")) {
        return delete.executeUpdate();
      }
    });
  }

  private static final String END =
      """
      update pool_pause set resumed_at = now()
      where pool = ? and kind = ? and resumed_at is null
      """;

  private static boolean end(PreparedStatement statement, String pool, Kind kind)
      throws SQLException {
    try (var update = statement) {
      update.setString(1, pool);
      update.setString(2, kind.wireName());
      return update.executeUpdate() > 0;
    }
  }

  private static List<PoolPause> pauses(PreparedStatement select) throws SQLException {
    List<PoolPause> pauses = new ArrayList<>();
    try (var rows = select.executeQuery()) {
      while (rows.next()) {
        pauses.add(pause(rows));
      }
    }
    return pauses;
  }

  private static PoolPause pause(ResultSet rows) throws SQLException {
    long delay = rows.getLong(6);
    boolean probed = !rows.wasNull();
    return new PoolPause(
        rows.getString(1),
        "manual".equals(rows.getString(2)) ? Kind.MANUAL : Kind.PLATFORM,
        rows.getString(3),
        Objects.requireNonNull(time(rows, 4)),
        time(rows, 5),
        probed ? Duration.ofMillis(delay) : null);
  }

  static @Nullable Instant time(ResultSet rows, int column) throws SQLException {
    var time = rows.getObject(column, OffsetDateTime.class);
    return time == null ? null : time.toInstant();
  }
}
