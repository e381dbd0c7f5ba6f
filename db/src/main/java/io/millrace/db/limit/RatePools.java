package io.millrace.db.limit;

import io.millrace.db.limit.PoolRate.Bucket;
import io.millrace.db.limit.WorkerShare.Place;
import io.millrace.db.sql.Database;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The buckets that all workers share. A draw locks the pool's row, reads the clock behind the lock,
 * and writes what the drawing worker made of it; its three round trips touch no disk.
 */
public final class RatePools {

  private static final String NOW = "(extract(epoch from clock_timestamp()) * 1000000)::bigint";
  // A worker that has not drawn for so long is dead, or has nothing to do here.
  static final String FRESH = "at > clock_timestamp() - interval '5 s'";

  private static final String RATE =
      """
      (extract(epoch from at) * 1000000)::bigint, limits, told, deficit, burst, burst_cap, others, typical,
        heard, (extract(epoch from burst_grown_at) * 1000000)::bigint, starts,
        coalesce((extract(epoch from blocked_until) * 1000000)::bigint, 0), blocked_by,
        coalesce((extract(epoch from probes_from) * 1000000)::bigint, 0),
        coalesce((extract(epoch from climbs_from) * 1000000)::bigint, 0), waits_for
      """;

  private static final String SHARE =
      "worker_id, (extract(epoch from at) * 1000000)::bigint, calls, waiting, line_rank, line_turn, line_input,"
          + " line_output, forecast";

  /** Of a row that begins. */
  static final String COLUMNS =
      "pool, at, limits, told, heard, deficit, burst, burst_cap, burst_grown_at, others, typical, starts";

  /**
   * Of a pool of which nothing is known but its name, which is a parameter: its buckets are empty.
   */
  static final String UNKNOWN =
      """
      ?, clock_timestamp(), '{null,null,null}', '{null,null,null}', false, '{0,0,0}', '{0,0,0}', '{0,0,0}',
        clock_timestamp(), '{0,0,0}', '{0,0,0}', 0\
      """;

  private static final String LOCK =
      """
      insert into rate_pool (%s) values (%s)
      on conflict (pool) do update set draws = rate_pool.draws + 1
      returning \
      """
              .formatted(COLUMNS, UNKNOWN)
          + NOW
          + ", case when draws = 0 then extract(epoch from clock_timestamp() - pg_postmaster_start_time()) else 0 end, "
          + RATE
          + ";\n";

  private static final String OPEN =
      LOCK
          + "select "
          + SHARE
          + " from rate_share where pool = ? and worker_id <> ? and "
          + FRESH
          + """
          ;
          select kind = 'manual', reason, coalesce(probe_at <= clock_timestamp(), false)
          from pool_pause where pool = ? and resumed_at is null order by kind
          """;

  private static final String CLOSE =
      """
      update rate_pool set at = to_time(?), limits = ?, told = ?, deficit = ?, burst = ?, burst_cap = ?, others = ?,
        typical = ?, heard = ?, burst_grown_at = to_time(?), starts = ?, blocked_until = to_time(nullif(?, 0)),
        blocked_by = ?, probes_from = to_time(nullif(?, 0)), climbs_from = to_time(nullif(?, 0)), waits_for = ?
      where pool = ?;
      insert into rate_share (pool, worker_id, at, calls, waiting, line_rank, line_turn, line_input, line_output,
        forecast)
      values (?, ?, to_time(?), ?, ?, ?, ?, ?, ?, ?)
      on conflict (pool, worker_id) do update set at = excluded.at, calls = excluded.calls,
        waiting = excluded.waiting, line_rank = excluded.line_rank, line_turn = excluded.line_turn,
        line_input = excluded.line_input, line_output = excluded.line_output, forecast = excluded.forecast
      """;

  private static final String PROBED =
      """
      update pool_pause set probe_at = clock_timestamp() + probe_delay_ms * interval '1 millisecond'
      where pool = ? and kind = 'platform' and resumed_at is null
      """;

  private final Database database;

  public RatePools(Database database) {
    this.database = database;
  }

  /**
   * What a draw finds.
   *
   * @param now microseconds since the epoch, read behind the lock
   * @param idle seconds for which nobody can have drawn: the server's time since its start where
   *     the pool is new, since only a crash takes rows away; 0 otherwise
   * @param others shares of the other workers that are alive
   * @param pause what the pool is paused by; null if it is not
   */
  public record Opened(
      long now, double idle, PoolRate rate, List<WorkerShare> others, @Nullable Paused pause) {}

  /**
   * A pause that lasts.
   *
   * @param probeDue whether one job may try now
   */
  public record Paused(boolean byHand, String reason, boolean probeDue) {}

  /**
   * What a draw leaves.
   *
   * @param probed whether it let the probe of a platform pause go
   */
  public record Closed<R>(PoolRate rate, WorkerShare share, boolean probed, R answer) {}

  /**
   * Draws: nobody else does on this pool meanwhile.
   *
   * @param draw pure arithmetic, since others wait for it
   */
  public <R> R draw(String pool, UUID worker, Function<Opened, Closed<R>> draw) {
    return database.transaction(connection -> {
      var opened = open(connection, pool, worker);
      var closed = draw.apply(opened);
      close(connection, pool, closed);
      return closed.answer();
    });
  }

  /**
   * A pool and all who draw on it, read without a lock.
   *
   * @param now when it was read, in microseconds since the epoch
   */
  public record View(
      String pool, long now, PoolRate rate, List<WorkerShare> shares, @Nullable Paused pause) {}

  /** Every pool that somebody has drawn on, or that is paused. */
  public List<View> views() {
    return database.single(connection -> {
      List<View> views = new ArrayList<>();
      try (var select =
              connection.prepareStatement(
                  "select coalesce(r.pool, p.pool), "
                      + NOW
                      + ", p.pool is not null, p.by_hand, p.reason, p.due, r.pool is not null, "
                      + RATE
                      + """
                      from rate_pool r full join (
                        select pool, bool_or(kind = 'manual') as by_hand, min(reason) as reason,
                          bool_and(coalesce(probe_at <= clock_timestamp(), false)) as due
                        from pool_pause where resumed_at is null group by pool) p on p.pool = r.pool
                      """);
          var rows = select.executeQuery()) {
        while (rows.next()) {
          views.add(view(rows));
        }
      }
      return shares(connection, views);
    });
  }

  /** Forgets shares of workers that are long gone. */
  public int forget() {
    return database.single(connection -> {
      try (var delete =
          connection.prepareStatement(
              "delete from rate_share where at < clock_timestamp() - interval '10 min'")) {
        return delete.executeUpdate();
      }
    });
  }

  private static View view(ResultSet rows) throws SQLException {
    long now = rows.getLong(2);
    var pause =
        rows.getBoolean(3)
            ? new Paused(rows.getBoolean(4), rows.getString(5), rows.getBoolean(6))
            : null;
    var rate = rows.getBoolean(7) ? rate(rows, 8) : PoolRate.unknown(now);
    return new View(rows.getString(1), now, rate, List.of(), pause);
  }

  private static List<View> shares(Connection connection, List<View> views) throws SQLException {
    if (views.isEmpty()) {
      return views;
    }
    try (var select =
        connection.prepareStatement(
            "select pool, " + SHARE + " from rate_share where " + FRESH + " order by pool")) {
      List<String> pools = new ArrayList<>();
      List<WorkerShare> shares = new ArrayList<>();
      try (var rows = select.executeQuery()) {
        while (rows.next()) {
          pools.add(rows.getString(1));
          shares.add(share(rows, 2));
        }
      }
      return views.stream()
          .map(view ->
              new View(
                  view.pool(),
                  view.now(),
                  view.rate(),
                  IntStream.range(0, pools.size())
                      .filter(i -> pools.get(i).equals(view.pool()))
                      .mapToObj(shares::get)
                      .toList(),
                  view.pause()))
          .toList();
    }
  }

  private static Opened open(Connection connection, String pool, UUID worker) throws SQLException {
    try (var statement = connection.prepareStatement(OPEN)) {
      statement.setString(1, pool);
      statement.setString(2, pool);
      statement.setObject(3, worker);
      statement.setString(4, pool);
      statement.execute();
      long now;
      double idle;
      PoolRate rate;
      try (var row = Objects.requireNonNull(statement.getResultSet())) {
        row.next();
        now = row.getLong(1);
        idle = row.getDouble(2);
        rate = rate(row, 3);
      }
      statement.getMoreResults();
      List<WorkerShare> others = new ArrayList<>();
      try (var rows = Objects.requireNonNull(statement.getResultSet())) {
        while (rows.next()) {
          others.add(share(rows, 1));
        }
      }
      statement.getMoreResults();
      Paused pause = null;
      try (var rows = Objects.requireNonNull(statement.getResultSet())) {
        if (rows.next()) {
          pause = new Paused(rows.getBoolean(1), rows.getString(2), rows.getBoolean(3));
        }
      }
      return new Opened(now, idle, rate, others, pause);
    }
  }

  private static void close(Connection connection, String pool, Closed<?> closed)
      throws SQLException {
    try (var statement = connection.prepareStatement(CLOSE)) {
      var bind = new Binding(connection, statement);
      bind.rate(closed.rate());
      bind.text(pool);
      bind.share(pool, closed.share());
      statement.execute();
    }
    if (closed.probed()) {
      try (var statement = connection.prepareStatement(PROBED)) {
        statement.setString(1, pool);
        statement.executeUpdate();
      }
    }
  }

  private static PoolRate rate(ResultSet rows, int first) throws SQLException {
    Long[] limits = array(rows, first + 1);
    Long[] told = array(rows, first + 2);
    Double[] deficit = array(rows, first + 3);
    Double[] burst = array(rows, first + 4);
    Double[] cap = array(rows, first + 5);
    Double[] others = array(rows, first + 6);
    Double[] typical = array(rows, first + 7);
    List<Bucket> buckets =
        IntStream.range(0, 3)
            .mapToObj(i ->
                new Bucket(limits[i], told[i], deficit[i], burst[i], cap[i], others[i], typical[i]))
            .toList();
    return new PoolRate(
        rows.getLong(first),
        buckets.get(0),
        buckets.get(1),
        buckets.get(2),
        rows.getBoolean(first + 8),
        rows.getLong(first + 9),
        rows.getDouble(first + 10),
        rows.getLong(first + 11),
        rows.getString(first + 12),
        rows.getLong(first + 13),
        rows.getLong(first + 14),
        rows.getString(first + 15));
  }

  private static WorkerShare share(ResultSet rows, int first) throws SQLException {
    Integer[] waiting = array(rows, first + 3);
    Integer[] rank = array(rows, first + 4);
    Long[] turn = array(rows, first + 5);
    Long[] input = array(rows, first + 6);
    Long[] output = array(rows, first + 7);
    Double[] forecast = array(rows, first + 8);
    List<Place> line =
        IntStream.range(0, rank.length)
            .mapToObj(i -> new Place(rank[i], turn[i], input[i], output[i]))
            .toList();
    return new WorkerShare(
        Objects.requireNonNull(rows.getObject(first, UUID.class)),
        rows.getLong(first + 1),
        rows.getInt(first + 2),
        List.of(waiting),
        line,
        List.of(forecast));
  }

  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"}) // the column's type is known
  private static <T> T[] array(ResultSet rows, int column) throws SQLException {
    return (T[]) Objects.requireNonNull(rows.getArray(column)).getArray();
  }

  private static final class Binding {
    private final Connection connection;
    private final PreparedStatement statement;
    private int index;

    Binding(Connection connection, PreparedStatement statement) {
      this.connection = connection;
      this.statement = statement;
    }

    void rate(PoolRate rate) throws SQLException {
      number(rate.at());
      buckets("int8", rate, Bucket::limit);
      buckets("int8", rate, Bucket::told);
      buckets("float8", rate, Bucket::deficit);
      buckets("float8", rate, Bucket::burst);
      buckets("float8", rate, Bucket::burstCap);
      buckets("float8", rate, Bucket::others);
      buckets("float8", rate, Bucket::typical);
      statement.setBoolean(++index, rate.heard());
      number(rate.burstChangedAt());
      statement.setDouble(++index, rate.starts());
      number(rate.blockedUntil());
      text(rate.blockedBy());
      number(rate.probesFrom());
      number(rate.climbsFrom());
      text(rate.waitsFor());
    }

    void share(String pool, WorkerShare share) throws SQLException {
      text(pool);
      statement.setObject(++index, share.worker());
      number(share.at());
      statement.setInt(++index, share.calls());
      array("int4", share.waiting().stream());
      array("int4", share.line().stream().map(Place::rank));
      array("int8", share.line().stream().map(Place::turn));
      array("int8", share.line().stream().map(Place::input));
      array("int8", share.line().stream().map(Place::output));
      array("float8", share.forecast().stream());
    }

    void text(@Nullable String text) throws SQLException {
      statement.setObject(++index, text, Types.VARCHAR);
    }

    private void number(long number) throws SQLException {
      statement.setLong(++index, number);
    }

    private void buckets(String type, PoolRate rate, Function<Bucket, @Nullable Object> column)
        throws SQLException {
      array(type, rate.buckets().stream().map(column));
    }

    private void array(String type, Stream<?> elements) throws SQLException {
      statement.setArray(++index, connection.createArrayOf(type, elements.toArray()));
    }
  }
}
