package io.millrace.db.batch;

import io.millrace.db.job.NewJob;
import io.millrace.db.job.Submissions;
import io.millrace.db.sql.Database;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.ZoneOffset;
import java.util.Iterator;
import java.util.List;

/** The batches of callers. */
public final class Batches {

  private static final String INSERT =
      """
      insert into batch (id, tenant_id, backend, lane, feature, anthropic_version, anthropic_beta, items, bytes, expires_at)
      values (?, ?, ?, ?::job_lane, ?, ?, ?, ?, ?, ?)
      """;

  private final Database database;
  private final Submissions submissions;

  public Batches(Database database) {
    this.database = database;
    this.submissions = new Submissions(database);
  }

  /**
   * Stores a batch with all its jobs or not at all; durable when this returns.
   *
   * @param jobs in portions, each of which is one statement; read once
   */
  public void create(NewBatch batch, Iterator<List<NewJob>> jobs) {
    database.transaction(connection -> {
      insert(connection, batch);
      while (jobs.hasNext()) {
        submissions.store(connection, jobs.next());
      }
      return batch.id();
    });
  }

  private static void insert(Connection connection, NewBatch batch) throws SQLException {
    try (var insert = connection.prepareStatement(INSERT)) {
      insert.setObject(1, batch.id().uuid());
      insert.setInt(2, batch.tenantId());
      insert.setString(3, batch.backend().wireName());
      insert.setString(4, batch.lane().wireName());
      insert.setString(5, batch.feature());
      insert.setString(6, batch.anthropicVersion());
      insert.setArray(
          7,
          batch.anthropicBeta().isEmpty()
              ? null
              : connection.createArrayOf("text", batch.anthropicBeta().toArray()));
      insert.setInt(8, batch.items());
      insert.setLong(9, batch.bytes());
      insert.setObject(10, batch.expiresAt().atOffset(ZoneOffset.UTC));
      insert.executeUpdate();
    }
  }
}
