package io.millrace.db.job;

import io.millrace.db.sql.Database;
import io.millrace.job.JobId;
import io.millrace.job.JobState;
import java.util.ArrayList;
import java.util.List;

/** What happens to jobs that no worker holds and nobody asked about: the deadline. */
public final class QueuedJobs {

  // A defaulted deadline is put off by the time for which the job's tenant or pool was paused.
  // While a
  // pause lasts, by an hour at least: a job that had a second left would be met here every second.
  private static final String EXPIRE =
      """
      with due as (
        select id, tenant_id, expires_at, %s as owed, %s as paused
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
      """
          .formatted(Pauses.OWED, Pauses.LASTING);

  private final Database database;

  public QueuedJobs(Database database) {
    this.database = database;
  }

  /** A job that was met, and the state that it is in now. */
  public record Moved(JobId id, int tenantId, JobState state) {}

  /**
   * Ends queued jobs whose deadline has passed, earliest first, up to {@code limit}; some may stay
   * queued, their deadline put off by what their tenant or pool was paused.
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
}
