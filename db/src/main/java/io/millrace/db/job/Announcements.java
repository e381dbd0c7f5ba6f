package io.millrace.db.job;

import io.millrace.db.sql.Database;
import io.millrace.job.JobId;
import io.millrace.job.JobState;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What happened to jobs outside of workers and still has to be told. */
public final class Announcements {

  private static final String TAKE =
      """
      with next as (select no from announcement order by no limit ? for update skip locked)
      delete from announcement a using next where a.no = next.no
      returning a.job_id, a.tenant_id, a.state::text
      """;

  private final Database database;

  public Announcements(Database database) {
    this.database = database;
  }

  /** A job reached that state. */
  public record Announcement(JobId id, int tenantId, JobState state) {}

  /** Takes the oldest away, up to {@code limit}: whoever has them publishes them. */
  public List<Announcement> take(int limit) {
    return database.single(connection -> {
      List<Announcement> taken = new ArrayList<>();
      try (var delete = connection.prepareStatement(TAKE)) {
        delete.setInt(1, limit);
        try (var rows = delete.executeQuery()) {
          while (rows.next()) {
            taken.add(
                new Announcement(
                    Rows.id(rows, 1),
                    rows.getInt(2),
                    JobState.valueOf(rows.getString(3).toUpperCase(Locale.ROOT))));
          }
        }
      }
      return taken;
    });
  }
}
