package io.millrace.db.job;

import io.millrace.db.sql.Database;
import io.millrace.job.JobId;
import io.millrace.job.JobState;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** What happens to jobs that no worker holds and nobody asked about: the deadline. */
public final class QueuedJobs {

  private static final String EXPIRE =
      """
      with due as (
        select id from job where state in ('queued', 'running') and state = 'queued' and expires_at <= now()
        order by expires_at limit ?
        for update skip locked)
      update job set state = 'expired', finished_at = now(), parked_until = null, released_at = null
      from due where job.id = due.id
      returning job.id, job.tenant_id
      """;

  private final Database database;

  public QueuedJobs(Database database) {
    this.database = database;
  }

  /** A job that has just moved. */
  public record Moved(JobId id, int tenantId, JobState state) {}

  /** Ends queued jobs whose deadline has passed, earliest first, up to {@code limit}. */
  public List<Moved> expire(int limit) {
    return database.single(connection -> {
      try (var update = connection.prepareStatement(EXPIRE)) {
        update.setInt(1, limit);
        return moved(update, JobState.EXPIRED);
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
