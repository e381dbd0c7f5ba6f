package io.millrace.db.job;

import io.millrace.db.sql.ArrayBinder;
import io.millrace.db.sql.Database;
import io.millrace.job.JobId;
import io.millrace.job.JobState;
import io.millrace.job.Lane;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a tenant may do to its jobs from outside: cancel, replay, delete. Each verb is guarded by
 * the job's state under its lock, so whatever a worker, the dispatcher or the deadline does at the
 * same moment comes either wholly before or wholly after it. What ends or begins anew here is put
 * down as an announcement in the same transaction, for a worker to publish.
 */
public final class TenantJobs {

  // A job that a worker is about to claim is waited for: it is asked to stop the moment after.
  private static final String CANCEL =
      """
      with hit as (
        select h.id from unnest(?) as n(id)
        cross join lateral (
          select j.id from job j
          where j.id = n.id and j.tenant_id = ?
            and (j.state = 'queued' or (j.state = 'running' and j.cancel_requested_at is null))
          for update) h),
      moved as (
        update job set
          state = case when state = 'queued' then 'canceled' else state end,
          finished_at = case when state = 'queued' then now() end,
          parked_until = null, released_at = null, cancel_requested_at = now()
        from hit where job.id = hit.id
        returning job.id, job.tenant_id, job.state),
      told as (
        insert into announcement (job_id, tenant_id, state)
        select id, tenant_id, state from moved where state = 'canceled')
      select id, state::text from moved
      """;

  // The history stays: attempts go on counting, the series that counts towards max_attempts starts
  // anew, with the model that was asked for. What the caller had named, run_at or deadline, stands
  // while it lies ahead.
  private static final String REPLAY =
      """
      with hit as (
        select h.id, h.due, h.fallbacks from unnest(?) as n(id)
        cross join lateral (
          select j.id, greatest(now(), r.run_at) as due, r.fallback_models as fallbacks
          from job j join request r on r.job_id = j.id and r.job_id >= ? and r.job_id <= ?
          where j.id = n.id and j.tenant_id = ? and j.state in ('failed', 'expired', 'canceled') and j.erased_at is null
          for update of j) h),
      moved as (
        update job set state = 'queued', series = series + 1, counted_attempts = 0, failure_code = null,
          finished_at = null, cancel_requested_at = null, handed_over_at = null, batch_until = null, due_at = due, parked_until = case when due > now() then due end,
          pauses_counted_to = now(),
          model = coalesce(requested_model, model), pool = coalesce(requested_pool, pool), fallback_models = fallbacks,
          requested_model = null, requested_pool = null, fallback_reason = null,
          max_attempts = coalesce(?, max_attempts),
          expires_at = case when ?::timestamptz is not null then ?::timestamptz
            when not expires_defaulted and expires_at > now() then expires_at
            else due + interval '1 second' * case lane when 'interactive' then ? when 'standard' then ? else ? end end,
          expires_defaulted = ?::timestamptz is null and (expires_defaulted or expires_at <= now())
        from hit where job.id = hit.id
        returning job.id, job.tenant_id, job.state),
      told as (
        insert into announcement (job_id, tenant_id, state) select id, tenant_id, state from moved)
      select id, state::text from moved
      """;

  private static final String DELETE =
      """
      delete from job
      where id = ? and tenant_id = ? and state in ('succeeded', 'failed', 'canceled', 'expired')
      returning created_at
      """;

  // A job and its key are of one transaction, and so of one moment, by which the key has an index.
  private static final String MARK_KEY =
      "update idempotency_key set job_deleted = true where created_at = ? and job_id = ?";

  private final Database database;

  public TenantJobs(Database database) {
    this.database = database;
  }

  /** A job that a verb moved, and the state it has now. */
  public record Moved(JobId id, JobState state) {}

  /**
   * What may change with a replay.
   *
   * @param expiresAt the new deadline; null for the lane's default, unless the caller's own still
   *     lies ahead
   */
  public record ReplayTerms(@Nullable Instant expiresAt, @Nullable Integer maxAttempts) {
    public static final ReplayTerms AS_BEFORE = new ReplayTerms(null, null);
  }

  /**
   * Ends those of the jobs that are queued and asks the workers of running ones to stop.
   *
   * @return what changed: canceled jobs, and running ones that were not asked before
   */
  public List<Moved> cancel(int tenantId, Collection<JobId> ids) {
    List<JobId> ordered = ids.stream().distinct().sorted().toList();
    return database.single(connection -> {
      try (var update = connection.prepareStatement(CANCEL)) {
        new ArrayBinder<>(update, ordered).ids(id -> id).scalar(tenantId);
        return moved(update);
      }
    });
  }

  /**
   * Queues those of the jobs that failed, expired or were canceled again, each as a new attempt
   * series under its id; not those whose request is gone.
   */
  public List<Moved> replay(int tenantId, Collection<JobId> ids, ReplayTerms terms) {
    if (ids.isEmpty()) {
      return List.of();
    }
    List<JobId> ordered = ids.stream().distinct().sorted().toList();
    var expiresAt = terms.expiresAt() == null ? null : terms.expiresAt().toString();
    return database.single(connection -> {
      try (var update = connection.prepareStatement(REPLAY)) {
        new ArrayBinder<>(update, ordered)
            .ids(id -> id)
            .scalar(ordered.getFirst().uuid())
            .scalar(ordered.getLast().uuid())
            .scalar(tenantId)
            .integer(terms.maxAttempts())
            .scalar(expiresAt)
            .scalar(expiresAt)
            .scalar(Lane.INTERACTIVE.defaultLifetime().toSeconds())
            .scalar(Lane.STANDARD.defaultLifetime().toSeconds())
            .scalar(Lane.BULK.defaultLifetime().toSeconds())
            .scalar(expiresAt);
        return moved(update);
      }
    });
  }

  /**
   * Erases a final job: the job, its request and its answers are gone, and of its attempts the
   * messages, which may quote either; so is what was sent with its deliveries. What it cost stays
   * in the books, and its idempotency key stays used.
   *
   * @return false where that tenant has no such job that is final
   */
  public boolean delete(int tenantId, JobId id) {
    return database.transaction(connection -> {
      Erasures.lockDeliveries(connection, List.of(id));
      OffsetDateTime createdAt = deleteRow(connection, tenantId, id);
      if (createdAt == null) {
        return false;
      }
      Erasures.eraseDeliveries(connection, List.of(id));
      for (String erase :
          List.of(
              "delete from request where job_id = ?",
              "delete from result where job_id = ?",
              "update attempt set message = null where job_id = ?")) {
        try (var statement = connection.prepareStatement(erase)) {
          statement.setObject(1, id.uuid());
          statement.executeUpdate();
        }
      }
      try (var mark = connection.prepareStatement(MARK_KEY)) {
        mark.setObject(1, createdAt);
        mark.setObject(2, id.uuid());
        mark.executeUpdate();
      }
      return true;
    });
  }

  /** The state of the job, if that tenant has it. */
  public Optional<JobState> state(int tenantId, JobId id) {
    return database.single(connection -> {
      try (var select =
          connection.prepareStatement(
              "select id, state::text from job where id = ? and tenant_id = ?")) {
        select.setObject(1, id.uuid());
        select.setInt(2, tenantId);
        return moved(select).stream().findFirst().map(Moved::state);
      }
    });
  }

  private static @Nullable OffsetDateTime deleteRow(Connection connection, int tenantId, JobId id)
      throws SQLException {
    try (var delete = connection.prepareStatement(DELETE)) {
      delete.setObject(1, id.uuid());
      delete.setInt(2, tenantId);
      try (var row = delete.executeQuery()) {
        return row.next() ? row.getObject(1, OffsetDateTime.class) : null;
      }
    }
  }

  private static List<Moved> moved(PreparedStatement statement) throws SQLException {
    List<Moved> moved = new ArrayList<>();
    try (var rows = statement.executeQuery()) {
      while (rows.next()) {
        moved.add(
            new Moved(
                Rows.id(rows, 1), JobState.valueOf(rows.getString(2).toUpperCase(Locale.ROOT))));
      }
    }
    return moved;
  }
}
