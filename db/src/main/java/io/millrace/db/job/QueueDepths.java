package io.millrace.db.job;

import io.millrace.db.sql.Database;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * How much waits, for those who watch. Nothing here grows with the backlog: counting stops at
 * {@link #EXACT} index entries for a pool and lane, and beyond that a sample of a thousand pages of
 * the table is scaled up, off by some percent where most of the table waits, by a third where one
 * in a hundred of its rows does.
 */
public final class QueueDepths {

  /** Up to here depths are exact. */
  public static final int EXACT = 10_000;

  private static final int PAGES = 1_000;
  private static final int HEADS = 2_000;

  private static final String LINES =
      """
      with recursive line as (
        (select pool, lane from job where state = 'queued' and parked_until is null
         order by pool, lane limit 1)
        union all
        select next.pool, next.lane from line, lateral (
          select pool, lane from job
          where state = 'queued' and parked_until is null and (pool, lane) > (line.pool, line.lane)
          order by pool, lane limit 1) next)
      select pool, lane::text, (
        select count(*) from (
          select from job where state = 'queued' and parked_until is null
            and pool = line.pool and lane = line.lane limit ?) bounded)
      from line limit 100
      """;

  private static final String AGES =
      Releases.WITH_QUEUES
          + """
          , bounded as (select * from queue limit ?)
          select pool, lane::text, (max(extract(epoch from now() - head.due_at)) * 1000)::bigint
          from bounded cross join lateral (
            select due_at from job
            where state = 'queued' and parked_until is null and job.pool = bounded.pool
              and job.lane = bounded.lane and job.tenant_id = bounded.tenant_id
            order by expires_at, id limit 1) head
          group by pool, lane
          """;

  private static final String DELAYED =
      """
      select count(*) from (
        select from job
        where state = 'queued' and parked_until is not null and (released_at is not null) = false
        limit ?) bounded
      """;

  private static final String SHARE =
      """
      select least(100, ? * 100.0 * current_setting('block_size')::int
        / greatest(1, pg_relation_size('job')))::real
      """;

  private static final String SAMPLE =
      """
      select parked_until is not null, pool, lane::text, count(*) from job tablesample system (?::real)
      where state = 'queued' and released_at is null
      group by 1, 2, 3
      """;

  private final Database database;

  public QueueDepths(Database database) {
    this.database = database;
  }

  /** Jobs that are due and wait for their turn. */
  public record Line(String pool, String lane, long jobs) {}

  /** For how long the longest-waiting head of the lane's tenants has been due. */
  public record Age(String pool, String lane, Duration age) {}

  /** The depth of each pool and lane in which something waits. */
  public List<Line> lines() {
    return database.single(connection -> {
      List<Line> counted = new ArrayList<>();
      try (var select = connection.prepareStatement(LINES)) {
        select.setInt(1, EXACT + 1);
        try (var rows = select.executeQuery()) {
          while (rows.next()) {
            counted.add(new Line(rows.getString(1), rows.getString(2), rows.getLong(3)));
          }
        }
      }
      if (counted.stream().noneMatch(line -> line.jobs() > EXACT)) {
        return counted;
      }
      Map<Line, Long> sampled = sample(connection, false);
      return counted.stream().map(line -> scaled(line, sampled)).toList();
    });
  }

  /** How long the heads of the queues have waited. */
  public List<Age> ages() {
    return database.single(connection -> {
      try (var select = connection.prepareStatement(AGES)) {
        select.setInt(1, HEADS);
        List<Age> ages = new ArrayList<>();
        try (var rows = select.executeQuery()) {
          while (rows.next()) {
            ages.add(
                new Age(rows.getString(1), rows.getString(2), Duration.ofMillis(rows.getLong(3))));
          }
        }
        return ages;
      }
    });
  }

  /** Jobs that wait for a time. */
  public long delayed() {
    return database.single(connection -> {
      try (var select = connection.prepareStatement(DELAYED)) {
        select.setInt(1, EXACT + 1);
        try (var row = select.executeQuery()) {
          row.next();
          long counted = row.getLong(1);
          return counted <= EXACT
              ? counted
              : Math.max(
                  EXACT, sample(connection, true).values().stream().mapToLong(jobs -> jobs).sum());
        }
      }
    });
  }

  private static Line scaled(Line line, Map<Line, Long> sampled) {
    return line.jobs() <= EXACT
        ? line
        : new Line(
            line.pool(),
            line.lane(),
            Math.max(EXACT, sampled.getOrDefault(new Line(line.pool(), line.lane(), 0), 0L)));
  }

  private static Map<Line, Long> sample(Connection connection, boolean parked) throws SQLException {
    double share;
    try (var select = connection.prepareStatement(SHARE)) {
      select.setInt(1, PAGES);
      try (var row = select.executeQuery()) {
        row.next();
        share = row.getDouble(1);
      }
    }
    Map<Line, Long> jobs = new HashMap<>();
    try (var select = connection.prepareStatement(SAMPLE)) {
      select.setDouble(1, share);
      try (var rows = select.executeQuery()) {
        while (rows.next()) {
          if (rows.getBoolean(1) == parked) {
            jobs.put(
                new Line(rows.getString(2), rows.getString(3), 0),
                Math.round(rows.getLong(4) * 100.0 / share));
          }
        }
      }
    }
    return jobs;
  }
}
