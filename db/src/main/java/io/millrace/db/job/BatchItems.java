package io.millrace.db.job;

import io.millrace.db.job.JobChange.End;
import io.millrace.db.sql.ArrayBinder;
import io.millrace.db.sql.Database;
import io.millrace.job.BatchId;
import io.millrace.job.JobId;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.UUID;

/** The jobs of a batch: what is done to all of them, a portion at a time. */
public final class BatchItems {

  private static final String CANCELING =
      "select id from batch where ended_at is null and cancel_initiated_at is not null order by id";

  // One that a worker is about to claim is left for the next round: it may end as it will.
  private static final String CANCEL_QUEUED =
      """
      with hit as (
        select j.id from job j where j.batch_id = ? and j.state = 'queued' order by j.id limit ?
        for update skip locked),
      moved as (
        update job set state = 'canceled', finished_at = now(), parked_until = null, released_at = null,
          cancel_requested_at = now()
        from hit where job.id = hit.id
        returning job.id, job.tenant_id, job.state),
      told as (
        insert into announcement (job_id, tenant_id, state) select id, tenant_id, state from moved)
      select id from moved
      """;

  // The state is compared as text so that the index of all that is held does not serve: on old
  // statistics it may look as small as that of the batch.
  private static final String MARK_HELD =
      """
      with hit as (
        select j.id from job j
        where j.batch_id = ? and j.worker_id is not null and j.cancel_requested_at is null
          and j.state::text = 'running'
          and exists (select from provider_batch p where p.id = j.worker_id)
        order by j.id limit ?
        for update skip locked)
      update job set cancel_requested_at = now() from hit where job.id = hit.id
      """;

  private static final String DELETED =
      "select id from batch where deleted_at is not null order by id limit ?";

  private static final String ENDED =
      """
      select id from job where batch_id = ? and finished_at is not null
      order by finished_at, id limit ?
      """;

  private static final String DELETE_ENDED =
      """
      with hit as (
        select id from job where id = any(?) and finished_at is not null order by id for update)
      delete from job using hit where job.id = hit.id
      returning job.id
      """;

  // What is open of it was replayed: the row stays until that has ended too.
  private static final String DELETE_ROW =
      """
      delete from batch where id = ? and deleted_at is not null
        and succeeded + errored + canceled + expired >= items
        and not exists (select from batch_tally where batch_id = batch.id)
      """;

  private static final String ENDED_AFTER =
      """
      select id, finished_at from job
      where batch_id = ? and finished_at is not null and (finished_at, id) > (to_time(?), ?)
      order by finished_at, id limit ?
      """;

  private final Database database;

  public BatchItems(Database database) {
    this.database = database;
  }

  /** The batches that were canceled and are not over. */
  public List<BatchId> canceling() {
    return database.single(connection -> {
      try (var select = connection.prepareStatement(CANCELING)) {
        return batches(select);
      }
    });
  }

  /** Cancels up to {@code most} of the batch's queued items; those that it did. */
  public List<JobId> cancelQueued(BatchId batch, int most) {
    return database.single(connection -> {
      try (var update = connection.prepareStatement(CANCEL_QUEUED)) {
        update.setObject(1, batch.uuid());
        update.setInt(2, most);
        return ids(update);
      }
    });
  }

  /** Marks up to {@code most} items that provider batches hold as wanted back; returns how many. */
  public int markHeld(BatchId batch, int most) {
    return database.single(connection -> {
      try (var update = connection.prepareStatement(MARK_HELD)) {
        update.setObject(1, batch.uuid());
        update.setInt(2, most);
        return update.executeUpdate();
      }
    });
  }

  /** Batches that were deleted and still have rows. */
  public List<BatchId> deleted(int most) {
    return database.single(connection -> {
      try (var select = connection.prepareStatement(DELETED)) {
        select.setInt(1, most);
        return batches(select);
      }
    });
  }

  /**
   * Deletes up to {@code most} of the batch's ended jobs, each as {@link TenantJobs#delete} would,
   * and, where none is left, the batch's row.
   *
   * @return how many jobs it found
   */
  public int deletePortion(BatchId batch, int most) {
    return database.transaction(connection -> {
      List<JobId> found;
      try (var select = connection.prepareStatement(ENDED)) {
        select.setObject(1, batch.uuid());
        select.setInt(2, most);
        found = ids(select);
      }
      if (found.isEmpty()) {
        try (var delete = connection.prepareStatement(DELETE_ROW)) {
          delete.setObject(1, batch.uuid());
          delete.executeUpdate();
        }
      } else {
        delete(connection, found.stream().sorted().toList());
      }
      return found.size();
    });
  }

  /** The batch's next ended items behind that one, in the order of their ends. */
  public List<End> endedAfter(BatchId batch, End end, int limit) {
    return database.single(connection -> {
      try (var select = connection.prepareStatement(ENDED_AFTER)) {
        select.setObject(1, batch.uuid());
        select.setLong(2, JobChanges.micros(end.at()));
        select.setObject(3, end.id().uuid());
        select.setInt(4, limit);
        List<End> ends = new ArrayList<>();
        try (var rows = select.executeQuery()) {
          while (rows.next()) {
            Instant at = Objects.requireNonNull(Rows.time(rows, 2));
            ends.add(new End(at, Rows.id(rows, 1)));
          }
        }
        return ends;
      }
    });
  }

  private static void delete(Connection connection, List<JobId> found) throws SQLException {
    Erasures.lockDeliveries(connection, found);
    List<JobId> deleted;
    try (var delete = connection.prepareStatement(DELETE_ENDED)) {
      new ArrayBinder<>(delete, found).ids(id -> id);
      deleted = ids(delete).stream().sorted().toList();
    }
    if (!deleted.isEmpty()) {
      Erasures.erasePayloads(connection, deleted);
    }
  }

  private static List<JobId> ids(PreparedStatement statement) throws SQLException {
    List<JobId> ids = new ArrayList<>();
    try (var rows = statement.executeQuery()) {
      while (rows.next()) {
        ids.add(Rows.id(rows, 1));
      }
    }
    return ids;
  }

  private static List<BatchId> batches(PreparedStatement statement) throws SQLException {
    List<BatchId> ids = new ArrayList<>();
    try (var rows = statement.executeQuery()) {
      while (rows.next()) {
        ids.add(new BatchId(rows.getObject(1, UUID.class)));
      }
    }
    return ids;
  }
}
