package io.millrace.db.job;

import io.millrace.db.sql.Database;
import io.millrace.job.JobId;
import io.millrace.job.JobState;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What happens to jobs that no worker holds: the deadline, the caller's cancel, the replay. */
public final class QueuedJobs {

  // A defaulted deadline is put off by the time for which the job's tenant was paused. While a
  // pause lasts, by an hour at least: a job that had a second left would be met here every second.
  private static final String EXPIRE =
      """
      with due as (
        select id, tenant_id, expires_at, case
            when expires_defaulted and tenant_id = any(array(select tenant_id from tenant_pause))
            then paused_for(tenant_id, coalesce(pauses_counted_to, created_at)) else interval '0' end as owed,
          tenant_id = any(array(select tenant_id from tenant_pause where resumed_at is null)) as paused
        from job where state in ('queued', 'running') and state = 'queued' and expires_at <= now()
        order by expires_at limit ?
        for update skip locked),
      put_off as (
        update job set pauses_counted_to = now(), expires_at = greatest(
          due.expires_at + due.owed, case when due.paused then now() + interval '1 hour' end)
        from due where job.id = due.id and due.owed > interval '0'
        returning job.id, job.tenant_id, false),
      expired as (
        update job set state = 'expired', finished_at = now(), parked_until = null, released_at = null
        from due where job.id = due.id and due.owed = interval '0'
        returning job.id, job.tenant_id, true)
      select * from put_off union all select * from expired
      """;

  private static final String CANCEL =
      """
      update job set
        state = case when state = 'queued' then 'canceled' else state end,
        finished_at = case when state = 'queued' then now() else finished_at end,
        parked_until = case when state = 'queued' then null else parked_until end,
        released_at = case when state = 'queued' then null else released_at end,
        cancel_requested_at = coalesce(cancel_requested_at, now())
      where id = ? and tenant_id = ? and state in ('queued', 'running')
      returning id, tenant_id
      """;

  // The history stays: attempts go on counting, the series that counts towards max_attempts starts
  // anew.
  private static final String REPLAY =
      """
      update job set state = 'queued', series = series + 1, counted_attempts = 0, failure_code = null,
        finished_at = null, cancel_requested_at = null, due_at = now(), parked_until = now(),
        expires_at = case when expires_at > now() then expires_at else now() + ? * interval '1 second' end,
        expires_defaulted = expires_defaulted or expires_at <= now()
      where id = ? and tenant_id = ? and state in ('failed', 'expired', 'canceled')
      returning id, tenant_id
      """;

  private final Database database;

  public QueuedJobs(Database database) {
    this.database = database;
  }

  /** A job that was met, and the state that it is in now. */
  public record Moved(JobId id, int tenantId, JobState state) {}

  /**
   * Ends queued jobs whose deadline has passed, earliest first, up to {@code limit}; some may stay
   * queued, their deadline put off by what their tenant was paused.
   */
  public List<Moved> expire(int limit) {
    return database.single(connection -> {
      try (var update = connection.prepareStatement(EXPIRE)) {
        update.setInt(1, limit);
        List<Moved> met = new ArrayList<>();
        try (var rows = update.executeQuery()) {
          while (rows.next()) {
            var state = rows.getBoolean(3) ? JobState.EXPIRED : JobState.QUEUED;
            met.add(new Moved(Rows.id(rows, 1), rows.getInt(2), state));
          }
        }
        return met;
      }
    });
  }

  /**
   * Cancels a queued job at once and asks the worker of a running one to stop.
   *
   * @return empty where that tenant has no such job that is not final
   */
  public Optional<JobId> cancel(int tenantId, JobId id) {
    return database.single(connection -> {
      try (var update = connection.prepareStatement(CANCEL)) {
        update.setObject(1, id.uuid());
        update.setInt(2, tenantId);
        return moved(update, JobState.CANCELED).stream().findFirst().map(Moved::id);
      }
    });
  }

  /**
   * Queues a failed, expired or canceled job again as a new attempt series under the same id.
   *
   * @param lifetimeSeconds its new deadline from now, where the old one has passed
   */
  public Optional<JobId> replay(int tenantId, JobId id, long lifetimeSeconds) {
    return database.single(connection -> {
      try (var update = connection.prepareStatement(REPLAY)) {
        update.setLong(1, lifetimeSeconds);
        update.setObject(2, id.uuid());
        update.setInt(3, tenantId);
        return moved(update, JobState.QUEUED).stream().findFirst().map(Moved::id);
      }
    });
  }

  private static List<Moved> moved(PreparedStatement update, JobState state) throws SQLException {
    List<Moved> moved = new ArrayList<>();
    try (var rows = update.executeQuery()) {
      while (rows.next()) {
        moved.add(new Moved(Rows.id(rows, 1), rows.getInt(2), state));
      }
    }
    return moved;
  }
}
