package io.millrace.db.job;

import io.millrace.db.sql.ArrayBinder;
import io.millrace.db.sql.Database;
import io.millrace.job.JobId;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/**
 * Prompts and answers of jobs of which nothing is to be kept: first it is noted that their callers
 * have the answer, then, in batches, they are erased. The note is in the database, so that it
 * outlives whoever made it; and what nobody came for goes after a while all the same.
 */
public final class Erasures {

  // The series, because a job that was replayed since has another answer to come.
  private static final String HAND_OVER =
      """
      update job set handed_over_at = now()
      from (
        select hit.id from unnest(?, ?) as n(id, series)
        cross join lateral (
          select j.id from job j
          where j.id = n.id and j.series = n.series and j.retention_none and j.finished_at is not null
            and j.handed_over_at is null and j.erased_at is null
          for update) hit) as held
      where job.id = held.id
      """;

  private static final String HANDED_OVER =
      """
      select id from job
      where retention_none and handed_over_at is not null and erased_at is null and finished_at is not null
        and handed_over_at < now() - ? * interval '1 millisecond'
      order by handed_over_at limit ?
      """;

  private static final String UNFETCHED =
      """
      select id from job
      where retention_none and handed_over_at is null and erased_at is null and finished_at is not null
        and finished_at < now() - ? * interval '1 millisecond'
      order by finished_at limit ?
      """;

  private static final String LOCK_DELIVERIES =
      "select from delivery where job_id = any(?) order by id for update";

  private static final String ERASE_JOBS =
      """
      update job set erased_at = now()
      from (
        select j.id from job j
        where j.id = any(?) and j.retention_none and j.erased_at is null and j.finished_at is not null
          and (j.handed_over_at < now() - ? * interval '1 millisecond'
            or j.finished_at < now() - ? * interval '1 millisecond')
        order by j.id for update) as held
      where job.id = held.id
      returning job.id
      """;

  // The bounds let the executor leave out every partition that cannot hold any of the ids.
  private static final List<String> ERASE_PAYLOADS =
      List.of(
          "delete from request where job_id = any(?) and job_id between ? and ?",
          "delete from result where job_id = any(?) and job_id between ? and ?",
          "update attempt set message = null where job_id = any(?) and job_id between ? and ? and message is not null");

  private static final List<String> ERASE_DELIVERIES =
      List.of(
          "update delivery set body = null where job_id = any(?) and body is not null",
          """
          update delivery_attempt set response = null
          where delivery_id in (select id from delivery where job_id = any(?)) and response is not null
          """);

  private final Database database;

  public Erasures(Database database) {
    this.database = database;
  }

  /**
   * How long a job's text stays.
   *
   * @param handedOver after it was handed over: time to ask again where an answer got lost
   * @param unfetched after the end of a job whose answer nobody came for
   */
  public record Bounds(Duration handedOver, Duration unfetched) {}

  /** How many jobs a batch took up, and of how many of them the text is gone now. */
  public record Batch(int found, int erased) {}

  /** A job as it was shown: that end of it, and no later one. */
  public record Shown(JobId id, int series) {}

  /**
   * Notes that the callers of these jobs have what came of them. Nothing where a job has moved on
   * since, or is kept anyway.
   *
   * @return of how many it was noted
   */
  public int handOver(Collection<Shown> jobs) {
    List<Shown> ordered = jobs.stream().sorted(Comparator.comparing(Shown::id)).toList();
    return database.single(connection -> {
      try (var update = connection.prepareStatement(HAND_OVER)) {
        new ArrayBinder<>(update, ordered).ids(Shown::id).integers(Shown::series);
        return update.executeUpdate();
      }
    });
  }

  /** Erases what was handed over for long enough. */
  public Batch eraseHandedOver(Bounds bounds, int limit) {
    return erase(HANDED_OVER, bounds.handedOver(), bounds, limit);
  }

  /** Erases what nobody came for. */
  public Batch eraseUnfetched(Bounds bounds, int limit) {
    return erase(UNFETCHED, bounds.unfetched(), bounds, limit);
  }

  private Batch erase(String due, Duration age, Bounds bounds, int limit) {
    return database.transaction(connection -> {
      List<JobId> found = ids(connection, due, age, limit);
      if (found.isEmpty()) {
        return new Batch(0, 0);
      }
      lockDeliveries(connection, found);
      List<JobId> erased = eraseJobs(connection, found, bounds);
      if (!erased.isEmpty()) {
        erasePayloads(connection, erased);
      }
      return new Batch(found.size(), erased.size());
    });
  }

  private static List<JobId> ids(Connection connection, String due, Duration age, int limit)
      throws SQLException {
    try (var select = connection.prepareStatement(due)) {
      select.setLong(1, age.toMillis());
      select.setInt(2, limit);
      List<JobId> ids = new ArrayList<>();
      try (var rows = select.executeQuery()) {
        while (rows.next()) {
          ids.add(Rows.id(rows, 1));
        }
      }
      return ids;
    }
  }

  private static List<JobId> eraseJobs(Connection connection, List<JobId> found, Bounds bounds)
      throws SQLException {
    try (var update = connection.prepareStatement(ERASE_JOBS)) {
      new ArrayBinder<>(update, found)
          .ids(id -> id)
          .scalar(bounds.handedOver().toMillis())
          .scalar(bounds.unfetched().toMillis());
      List<JobId> erased = new ArrayList<>();
      try (var rows = update.executeQuery()) {
        while (rows.next()) {
          erased.add(Rows.id(rows, 1));
        }
      }
      erased.sort(Comparator.naturalOrder());
      return erased;
    }
  }

  /** Request, answers and what else quotes them, of jobs in the order of their ids. */
  static void erasePayloads(Connection connection, List<JobId> erased) throws SQLException {
    for (String statement : ERASE_PAYLOADS) {
      try (var erase = connection.prepareStatement(statement)) {
        new ArrayBinder<>(erase, erased)
            .ids(id -> id)
            .scalar(erased.getFirst().uuid())
            .scalar(erased.getLast().uuid());
        erase.executeUpdate();
      }
    }
    eraseDeliveries(connection, erased);
  }

  /** Before anything is done to these jobs, as whoever records a delivery locks them. */
  static void lockDeliveries(Connection connection, List<JobId> ids) throws SQLException {
    try (var lock = connection.prepareStatement(LOCK_DELIVERIES)) {
      new ArrayBinder<>(lock, ids).ids(id -> id);
      lock.execute();
    }
  }

  /** What was sent with the deliveries of these jobs, and what was answered. */
  static void eraseDeliveries(Connection connection, List<JobId> ids) throws SQLException {
    for (String statement : ERASE_DELIVERIES) {
      try (var erase = connection.prepareStatement(statement)) {
        new ArrayBinder<>(erase, ids).ids(id -> id);
        erase.executeUpdate();
      }
    }
  }
}
