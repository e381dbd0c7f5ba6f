package io.millrace.db.batch;

import io.millrace.db.job.JobCopies;
import io.millrace.db.job.NewJob;
import io.millrace.db.job.NewJob.IdempotencyKey;
import io.millrace.db.sql.Database;
import io.millrace.job.BatchId;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The batches of callers: what is done to one as a whole. */
public final class Batches {

  private static final String INSERT =
      """
      insert into batch (id, tenant_id, backend, lane, feature, anthropic_version, anthropic_beta, items, bytes, expires_at)
      values (?, ?, ?, ?::job_lane, ?, ?, ?, ?, ?, ?)
      """;

  // Whoever comes second does not wait here: a batch takes seconds, and so would its connection.
  private static final String LOCK_KEY =
      "select pg_try_advisory_xact_lock(hashtextextended(? || ' ' || ?, ?))";

  // A key older than its lifetime is taken over; a younger one stays as it is.
  private static final String TAKE_KEY =
      """
      insert into idempotency_key as k (tenant_id, path, key, body_hash, job_id, created_at)
      values (?, ?, ?, ?, ?, now())
      on conflict (tenant_id, path, key) do update
        set body_hash = excluded.body_hash, job_id = excluded.job_id, created_at = excluded.created_at, job_deleted = false
        where k.created_at < now() - make_interval(hours => 24)
      """;

  private static final String FIRST_USE =
      "select body_hash, job_id from idempotency_key where tenant_id = ? and path = ? and key = ?";

  private static final String CANCEL =
      """
      update batch set cancel_initiated_at = now()
      where id = ? and tenant_id = ? and deleted_at is null and ended_at is null and cancel_initiated_at is null
      """;

  private static final String DELETE =
      """
      update batch set deleted_at = now()
      where id = ? and tenant_id = ? and deleted_at is null and ended_at is not null
      """;

  private static final String EXISTS =
      "select from batch where id = ? and tenant_id = ? and deleted_at is null";

  private final Database database;

  public Batches(Database database) {
    this.database = database;
  }

  /** What became of a batch that was submitted. */
  public sealed interface Fate {
    /** It is stored, with all its jobs. */
    record Created() implements Fate {}

    /** Its key had been used for that batch, with the same body. */
    record Replayed(BatchId id) implements Fate {}

    /** Its key had been used with another body. */
    record KeyReused() implements Fate {}

    /** Somebody is storing a batch with its key at this moment: ask again. */
    record Busy() implements Fate {}
  }

  /** What became of a wish to delete a batch. */
  public enum Deletion {
    DELETED,
    NOT_ENDED,
    UNKNOWN
  }

  /**
   * Stores a batch with all its jobs or not at all; durable when this returns.
   *
   * @param jobs in portions, each of which is one statement; read once, and only where it is stored
   */
  public Fate create(NewBatch batch, @Nullable IdempotencyKey key, Iterator<List<NewJob>> jobs) {
    return database.transaction(connection -> {
      if (key != null) {
        Fate before = use(connection, batch, key);
        if (before != null) {
          return before;
        }
      }
      insert(connection, batch);
      var copies = new JobCopies(connection, database.sealer());
      while (jobs.hasNext()) {
        copies.add(jobs.next());
      }
      return new Fate.Created();
    });
  }

  /**
   * Has the batch canceled, unless it is over: by and by its queued items are, and those that a
   * provider batch holds.
   */
  public boolean cancel(int tenantId, BatchId id) {
    return changed(CANCEL, tenantId, id);
  }

  /** Deletes the batch, if it is over; its jobs go in portions. */
  public Deletion delete(int tenantId, BatchId id) {
    if (changed(DELETE, tenantId, id)) {
      return Deletion.DELETED;
    }
    return database.single(connection -> {
      try (var select = connection.prepareStatement(EXISTS)) {
        select.setObject(1, id.uuid());
        select.setInt(2, tenantId);
        try (var row = select.executeQuery()) {
          return row.next() ? Deletion.NOT_ENDED : Deletion.UNKNOWN;
        }
      }
    });
  }

  private boolean changed(String text, int tenantId, BatchId id) {
    return database.single(connection -> {
      try (var update = connection.prepareStatement(text)) {
        update.setObject(1, id.uuid());
        update.setInt(2, tenantId);
        return update.executeUpdate() > 0;
      }
    });
  }

  /** Null where the key is free, and this batch's from now on. */
  private static @Nullable Fate use(Connection connection, NewBatch batch, IdempotencyKey key)
      throws SQLException {
    try (var lock = connection.prepareStatement(LOCK_KEY)) {
      lock.setString(1, key.path());
      lock.setString(2, key.key());
      lock.setLong(3, batch.tenantId());
      try (var row = lock.executeQuery()) {
        row.next();
        if (!row.getBoolean(1)) {
          return new Fate.Busy();
        }
      }
    }
    try (var insert = connection.prepareStatement(TAKE_KEY)) {
      insert.setInt(1, batch.tenantId());
      insert.setString(2, key.path());
      insert.setString(3, key.key());
      insert.setBytes(4, key.bodyHash());
      insert.setObject(5, batch.id().uuid());
      if (insert.executeUpdate() > 0) {
        return null;
      }
    }
    try (var select = connection.prepareStatement(FIRST_USE)) {
      select.setInt(1, batch.tenantId());
      select.setString(2, key.path());
      select.setString(3, key.key());
      try (var row = select.executeQuery()) {
        if (!row.next()) {
          // Pruned between the two statements.
          return new Fate.Busy();
        }
        return Arrays.equals(row.getBytes(1), key.bodyHash())
            ? new Fate.Replayed(new BatchId(row.getObject(2, UUID.class)))
            : new Fate.KeyReused();
      }
    }
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
