package io.millrace.db.job;

import io.millrace.db.job.Claims.Claimed;
import io.millrace.db.job.Claims.Fence;
import io.millrace.db.sql.ArrayBinder;
import io.millrace.db.sql.Database;
import io.millrace.job.JobId;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;

/**
 * Running jobs as those see them who do not hold them: the rescue of lost workers, the deadline and
 * the cancel request. Reading changes nothing; taking a job away is a {@link Settlement} under the
 * fence found here.
 */
public final class HeldJobs {

  private static final String COLUMNS =
      "select "
          + Claims.CLAIMED
          + """
          , sending_since, cancel_requested_at is not null,
            exists (select from provider_batch p where p.id = job.worker_id)
          from job
          """;

  // By the primary key: by the index of held jobs this would read all that the batch holds.
  private static final String OF_BATCH =
      COLUMNS.replace(
          "from job\n",
          """
          from unnest(?) as n(id) cross join lateral (
            select * from job j
            where j.id = n.id and j.state::text = 'running' and j.worker_id = ? limit 1) job
          """);

  private static final String TO_GO_ON =
      COLUMNS
          + """
           where state = 'running' and worker_id = ?
             and (expires_at <= now() or (batch_until <= now()
               and (not sending or (retry_ambiguous and counted_attempts + 1 < max_attempts))))
           order by id limit ?
          """;

  private static final String TAKEN =
      "select "
          + Claims.CLAIMED
          + """
          , a.no, a.claim_no, a.series, a.presumed, a.started_at
          from unnest(?) as n(id)
          cross join lateral (
            select * from attempt a
            where a.job_id = n.id and a.job_id >= ? and a.job_id <= ? and a.worker_id = ? limit 1) a
          join job on job.id = n.id
          """;

  private final Database database;

  public HeldJobs(Database database) {
    this.database = database;
  }

  /**
   * A held job.
   *
   * @param sendingSince since when a call may have been under way, by the database clock
   * @param cancelRequested whether its caller wants it to end
   * @param inBatch whether a provider batch holds it, and no worker
   */
  public record Held(Claimed job, Instant sendingSince, boolean cancelRequested, boolean inBatch) {}

  /**
   * A call by provider batch that has its row already.
   *
   * @param job as it was held then
   * @param presumed whether nobody has seen how the call ended
   */
  public record Taken(Claimed job, int no, boolean presumed, Instant startedAt) {}

  /** What that worker holds, up to {@code limit} jobs. */
  public List<Held> heldBy(UUID workerId, int limit) {
    return database.single(connection -> {
      try (var select =
          connection.prepareStatement(
              COLUMNS + " where state = 'running' and worker_id = ? order by id limit ?")) {
        select.setObject(1, workerId);
        select.setInt(2, limit);
        return held(select);
      }
    });
  }

  /** Those of the jobs that the provider batch holds. */
  public List<Held> ofBatch(UUID batchId, Collection<JobId> ids) {
    List<JobId> ordered = ids.stream().distinct().sorted().toList();
    return database.single(connection -> {
      try (var select = connection.prepareStatement(OF_BATCH)) {
        new ArrayBinder<>(select, ordered).ids(id -> id).scalar(batchId);
        return held(select);
      }
    });
  }

  /**
   * Of what the provider batch holds, the jobs that are to go on without it: their deadline or the
   * time for batches has passed. One that must not be called twice, or for the last time, waits for
   * the batch as long as its deadline allows.
   */
  public List<Held> toGoOn(UUID batchId, int limit) {
    return database.single(connection -> {
      try (var select = connection.prepareStatement(TO_GO_ON)) {
        select.setObject(1, batchId);
        select.setInt(2, limit);
        return held(select);
      }
    });
  }

  /** Calls of these jobs by that provider batch which are in the books. */
  public List<Taken> takenFrom(UUID batchId, Collection<JobId> ids) {
    List<JobId> ordered = ids.stream().distinct().sorted().toList();
    if (ordered.isEmpty()) {
      return List.of();
    }
    return database.single(connection -> {
      try (var select = connection.prepareStatement(TAKEN)) {
        new ArrayBinder<>(select, ordered)
            .ids(id -> id)
            .scalar(ordered.getFirst().uuid())
            .scalar(ordered.getLast().uuid())
            .scalar(batchId);
        List<Taken> taken = new ArrayList<>();
        try (var rows = select.executeQuery()) {
          while (rows.next()) {
            taken.add(taken(rows, batchId));
          }
        }
        return taken;
      }
    });
  }

  private static Taken taken(ResultSet rows, UUID batchId) throws SQLException {
    var now = Claims.claimed(rows);
    var then = now.heldUnder(new Fence(now.id(), rows.getInt(27), batchId), rows.getInt(28));
    return new Taken(
        then, rows.getInt(26), rows.getBoolean(29), Objects.requireNonNull(Rows.time(rows, 30)));
  }

  /** Of what that worker holds, the claims that it is to end because their jobs were canceled. */
  public Set<Fence> cancelRequested(UUID workerId) {
    return database.single(connection -> {
      try (var select =
          connection.prepareStatement(
              """
              select id, claim_no from job
              where state = 'running' and cancel_requested_at is not null and worker_id = ?
              """)) {
        select.setObject(1, workerId);
        Set<Fence> requested = new HashSet<>();
        try (var rows = select.executeQuery()) {
          while (rows.next()) {
            requested.add(new Fence(Rows.id(rows, 1), rows.getInt(2), workerId));
          }
        }
        return requested;
      }
    });
  }

  /** Held jobs whose deadline passed more than {@code grace} ago: their worker did not end them. */
  public List<Held> overdue(Duration grace, int limit) {
    return database.single(connection -> {
      try (var select =
          connection.prepareStatement(
              COLUMNS
                  + """
                   where state in ('queued', 'running') and state::text = 'running'
                     and expires_at < now() - ? * interval '1 millisecond'
                   order by expires_at limit ?
                  """)) {
        select.setLong(1, grace.toMillis());
        select.setInt(2, limit);
        return held(select);
      }
    });
  }

  /** Workers that hold jobs though no row of theirs says that they may. */
  public List<UUID> strangers() {
    return database.single(connection -> {
      // One probe per worker, however many jobs it holds.
      try (var select =
              connection.prepareStatement(
                  """
                  with recursive holder as (
                    (select worker_id from job where state = 'running' order by worker_id limit 1)
                    union all
                    select next.worker_id from holder, lateral (
                      select worker_id from job where state = 'running' and worker_id > holder.worker_id
                      order by worker_id limit 1) next)
                  select worker_id from holder
                  where not exists (select from worker where worker.id = holder.worker_id and worker.lost_at is null)
                    and not exists (select from provider_batch where provider_batch.id = holder.worker_id)
                  """);
          var rows = select.executeQuery()) {
        List<UUID> strangers = new ArrayList<>();
        while (rows.next()) {
          strangers.add(rows.getObject(1, UUID.class));
        }
        return strangers;
      }
    });
  }

  private static List<Held> held(PreparedStatement select) throws SQLException {
    List<Held> held = new ArrayList<>();
    try (var rows = select.executeQuery()) {
      while (rows.next()) {
        var since = Rows.time(rows, 26);
        held.add(
            new Held(
                Claims.claimed(rows),
                since == null ? Instant.EPOCH : since,
                rows.getBoolean(27),
                rows.getBoolean(28)));
      }
    }
    return held;
  }
}
