package io.millrace.db.job;

import io.millrace.db.job.Claims.Claimed;
import io.millrace.db.job.Claims.Fence;
import io.millrace.db.sql.Database;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/**
 * Running jobs as those see them who do not hold them: the rescue of lost workers, the deadline and
 * the cancel request. Reading changes nothing; taking a job away is a {@link Settlement} under the
 * fence found here.
 */
public final class HeldJobs {

  private static final String COLUMNS =
      "select " + Claims.CLAIMED + ", sending_since, cancel_requested_at is not null from job";

  private final Database database;

  public HeldJobs(Database database) {
    this.database = database;
  }

  /**
   * A held job.
   *
   * @param sendingSince since when a call may have been under way, by the database clock
   * @param cancelRequested whether its caller wants it to end
   */
  public record Held(Claimed job, Instant sendingSince, boolean cancelRequested) {}

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
                Claims.claimed(rows), since == null ? Instant.EPOCH : since, rows.getBoolean(27)));
      }
    }
    return held;
  }
}
