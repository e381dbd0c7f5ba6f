package io.millrace.db.sql;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Removes what has been kept for long enough, by the database's clock and the time in a job's id.
 *
 * <p>Payloads and costs go a day's partition at a time, which is one short statement however much a
 * day holds. A job that is not final, or ended only lately, keeps its whole day: of such a day, and
 * of the default partition, the rows of all others are deleted instead, a bounded batch at a time.
 * A drop waits a tenth of a second for its lock and no longer, so that nobody queues up behind it;
 * the next round tries again.
 */
public final class Retention {

  private static final int BATCH = 1_000;
  private static final int SLICE = 20_000;
  private static final int LOCK_TRIES = 20;
  private static final String LOCK_NOT_AVAILABLE = "55P03";
  private static final DateTimeFormatter DAY = DateTimeFormatter.BASIC_ISO_DATE;
  private static final Pattern DAILY = Pattern.compile("([a-z_]+)_(\\d{8})");
  private static final Set<String> TABLES =
      Set.of("request", "result", "attempt", "cost", "delivery", "delivery_attempt");

  // A job that still has use for its payload: it may yet be called, or its caller may not have
  // read the answer. Slices bound the statement, however many jobs a day has.
  private static final String NEEDED =
      """
      with slice as (
        select id, state, finished_at from job where id > ? and id < id_floor(?) order by id limit ?)
      select max(id::text), count(*),
        coalesce(bool_or(finished_at is null or finished_at > now() - ? * interval '1 millisecond'), false)
      from slice
      """;

  // Rows whose job is gone go too.
  private static final String DELETE_ROWS =
      """
      with old as (
        select job_id from %1$s where job_id > ? and job_id < id_floor(?) order by job_id limit ?),
      unneeded as (
        select distinct job_id from old where not exists (
          select from job where job.id = old.job_id
            and (job.finished_at is null or job.finished_at > now() - ? * interval '1 millisecond'))),
      deleted as (
        delete from %1$s where job_id in (select job_id from unneeded) returning 1)
      select max(job_id::text), count(*), (select count(*) from deleted) from old
      """;

  private static final String DELETE_JOBS =
      """
      with old as (
        select id, finished_at from job where id > ? and id < id_floor(?) order by id limit ?),
      deleted as (
        delete from job using old
        where job.id = old.id and job.finished_at < now() - ? * interval '1 millisecond' returning 1)
      select max(id::text), count(*), (select count(*) from deleted) from old
      """;

  private static final String DELETE_BATCHES =
      """
      with old as (
        select id, ended_at from batch where id > ? and id < id_floor(?) order by id limit ?),
      deleted as (
        delete from batch using old
        where batch.id = old.id and old.ended_at < now() - ? * interval '1 millisecond' returning 1)
      select max(id::text), count(*), (select count(*) from deleted) from old
      """;

  // As long as the results of its day may be there, so may be those of its items.
  private static final String ARCHIVE_BATCHES =
      """
      with old as (
        select id, ended_at from batch
        where archived_at is null and id > ? and id < id_floor(?) order by id limit ?),
      archived as (
        update batch set archived_at = now() from old
        where batch.id = old.id and old.ended_at < now() - ? * interval '1 millisecond' returning 1)
      select max(id::text), count(*), (select count(*) from archived) from old
      """;

  // A call says in which of them it was for as long as its row is there. Its job is older than the
  // end of its batch, so none but the oldest days of calls are looked through.
  private static final String DELETE_PROVIDER_BATCHES =
      """
      with old as (
        select id from provider_batch
        where state = 'settled' and id > ? and settled_at < ? order by id limit ?),
      deleted as (
        delete from provider_batch using old
        where provider_batch.id = old.id and not exists (
          select from attempt where attempt.provider_batch_id = old.id
            and attempt.job_id < id_floor(now() - ? * interval '1 millisecond')) returning 1)
      select max(id::text), count(*), (select count(*) from deleted) from old
      """;

  // What is no job's could not be rendered again; what is pending is to be sent with the same
  // bytes.
  private static final String CLEAR_BODIES =
      """
      with old as (
        select id, job_id, state from delivery
        where body is not null and id > ? and id < id_floor(?) order by id limit ?),
      cleared as (
        update delivery set body = null from old
        where delivery.id = old.id and old.job_id is not null and old.state <> 'pending' returning 1)
      select max(id::text), count(*), (select count(*) from cleared) from old
      """;

  private static final UUID FIRST = new UUID(0, 0);

  private final Database database;

  public Retention(Database database) {
    this.database = database;
  }

  /** A day's partition of one of the tables. */
  public record Partition(String table, LocalDate day) {

    String name() {
      return table + "_" + DAY.format(day);
    }

    OffsetDateTime end() {
      return day.plusDays(1).atStartOfDay().atOffset(ZoneOffset.UTC);
    }

    OffsetDateTime start() {
      return day.atStartOfDay().atOffset(ZoneOffset.UTC);
    }
  }

  /** The partitions of {@code table} whose days ended more than {@code age} ago, oldest first. */
  public List<Partition> olderThan(String table, Duration age) {
    return database.single(connection -> {
      try (var select =
          connection.prepareStatement(
              """
              select c.relname, ((now() - ? * interval '1 millisecond') at time zone 'UTC')::date
              from pg_inherits i join pg_class c on c.oid = i.inhrelid
              where i.inhparent = to_regclass(?) order by c.relname
              """)) {
        select.setLong(1, age.toMillis());
        select.setString(2, known(table));
        List<Partition> old = new ArrayList<>();
        try (var rows = select.executeQuery()) {
          while (rows.next()) {
            var name = DAILY.matcher(rows.getString(1));
            if (name.matches()) {
              var day = LocalDate.parse(name.group(2), DAY);
              if (day.isBefore(rows.getObject(2, LocalDate.class))) {
                old.add(new Partition(table, day));
              }
            }
          }
        }
        return old;
      }
    });
  }

  /** Whether a job of that day is not final, or became so less than {@code lately} ago. */
  public boolean isNeeded(LocalDate day, Duration lately) {
    var bounds = new Partition("request", day);
    UUID after = floor(bounds.start());
    while (true) {
      UUID from = after;
      Slice slice =
          database.single(connection -> {
            try (var select = connection.prepareStatement(NEEDED)) {
              select.setObject(1, from);
              select.setObject(2, bounds.end());
              select.setInt(3, SLICE);
              select.setLong(4, lately.toMillis());
              try (var row = select.executeQuery()) {
                row.next();
                return new Slice(last(row.getString(1)), row.getInt(2), row.getBoolean(3) ? 1 : 0);
              }
            }
          });
      if (slice.affected() > 0) {
        return true;
      }
      if (slice.rows() < SLICE || slice.last() == null) {
        return false;
      }
      after = slice.last();
    }
  }

  /**
   * Drops a day's partition with all that is in it.
   *
   * @return false where its lock was not to be had at once: try again later
   */
  public boolean drop(Partition partition) {
    known(partition.table());
    for (int i = 0; i < LOCK_TRIES; i++) {
      boolean dropped =
          database.transaction(
              connection -> dropOnce(connection, "drop table if exists " + partition.name()));
      if (dropped) {
        return true;
      }
    }
    return false;
  }

  private static boolean dropOnce(Connection connection, String drop) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("set local lock_timeout = '100ms'");
      statement.execute(drop);
      return true;
    } catch (SQLException failure) {
      if (!LOCK_NOT_AVAILABLE.equals(failure.getSQLState())) {
        throw failure;
      }
      connection.rollback();
      return false;
    }
  }

  /**
   * Deletes rows one by one where a partition cannot be dropped: those of jobs that are gone or
   * final since {@code lately}.
   *
   * @return how many
   */
  public long deleteRows(Partition partition, Duration lately) {
    known(partition.table());
    return delete(
        DELETE_ROWS.formatted(partition.name()), floor(partition.start()), partition.end(), lately);
  }

  /** Deletes the rows in the default partition of {@code table} of jobs older than {@code age}. */
  public long deleteMisplaced(String table, Duration age, Duration lately) {
    return delete(DELETE_ROWS.formatted(known(table) + "_other"), FIRST, ago(age), lately);
  }

  /** Deletes the rows in the default partition of {@code table} of deliveries older than that. */
  public long deleteMisplacedDeliveries(String table, Duration age) {
    String id = known(table).equals("delivery") ? "id" : "delivery_id";
    String batch =
        """
        with old as (
          select %2$s as id from %1$s_other where %2$s > ? and %2$s < id_floor(?) order by %2$s limit ?),
        deleted as (
          delete from %1$s_other where %2$s in (select id from old) returning 1)
        select max(id::text), count(*), (select count(*) from deleted) from old
        """
            .formatted(table, id);
    return delete(batch, FIRST, ago(age), null);
  }

  /** Takes away what was sent with deliveries older than {@code age}. */
  public long clearDeliveryBodies(Duration age) {
    return delete(CLEAR_BODIES, FIRST, ago(age), null);
  }

  /** Deletes the jobs older than {@code age} that are final since {@code lately}. */
  public long deleteJobs(Duration age, Duration lately) {
    return delete(DELETE_JOBS, FIRST, ago(age), lately);
  }

  /** Deletes the batches older than {@code age} that ended before {@code lately}. */
  public long deleteBatches(Duration age, Duration lately) {
    return delete(DELETE_BATCHES, FIRST, ago(age), lately);
  }

  /** Deletes the provider batches that were settled {@code age} ago and have no calls any more. */
  public long deleteProviderBatches(Duration age) {
    return delete(DELETE_PROVIDER_BATCHES, FIRST, ago(age), age);
  }

  /** Notes that the results are gone of batches older than {@code age}. */
  public long archiveBatches(Duration age, Duration lately) {
    return delete(ARCHIVE_BATCHES, FIRST, ago(age), lately);
  }

  private long delete(String batch, UUID first, OffsetDateTime end, @Nullable Duration lately) {
    long deleted = 0;
    UUID after = first;
    while (true) {
      UUID from = after;
      Slice slice =
          database.single(connection -> {
            try (var delete = connection.prepareStatement(batch)) {
              delete.setObject(1, from);
              delete.setObject(2, end);
              delete.setInt(3, BATCH);
              if (lately != null) {
                delete.setLong(4, lately.toMillis());
              }
              try (var row = delete.executeQuery()) {
                row.next();
                return new Slice(last(row.getString(1)), row.getInt(2), row.getInt(3));
              }
            }
          });
      deleted += slice.affected();
      if (slice.rows() < BATCH || slice.last() == null) {
        return deleted;
      }
      after = slice.last();
    }
  }

  private OffsetDateTime ago(Duration age) {
    return database.single(connection -> {
      try (var select =
          connection.prepareStatement("select now() - ? * interval '1 millisecond'")) {
        select.setLong(1, age.toMillis());
        try (var row = select.executeQuery()) {
          row.next();
          return row.getObject(1, OffsetDateTime.class);
        }
      }
    });
  }

  // One below the smallest id of the moment: the walks ask for what comes after.
  private static UUID floor(OffsetDateTime moment) {
    return new UUID((moment.toInstant().toEpochMilli() << 16) - 1, -1L);
  }

  private static @Nullable UUID last(@Nullable String id) {
    return id == null ? null : UUID.fromString(id);
  }

  // Table names are part of statements: none but these.
  private static String known(String table) {
    if (!TABLES.contains(table)) {
      throw new IllegalArgumentException("no table of partitions: " + table);
    }
    return table;
  }

  private record Slice(@Nullable UUID last, int rows, int affected) {}
}
