package io.millrace.db.job;

import io.millrace.db.seal.Place;
import io.millrace.db.seal.Sealer;
import io.millrace.db.sql.BinaryCopy;
import io.millrace.job.Keeping;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Stores many jobs as part of somebody's transaction, row for row what {@link Submissions} would
 * store, at half the price: nothing is asked back, and none of them has a key.
 */
public final class JobCopies {

  private static final String JOBS =
      """
      copy job (id, tenant_id, state, lane, pool, model, created_at, due_at, expires_at, expires_defaulted, parked_until,
        max_attempts, timeout_seconds, retry_ambiguous, params_bytes, estimated_input, max_output, custom_id, user_id,
        feature, batch_id, batch_until, fallback_models, has_webhook, retention_none)
      from stdin (format binary)
      """;
  private static final int JOB_COLUMNS = 25;
  private static final int JOB_BYTES = 400;

  private static final String REQUESTS =
      """
      copy request (job_id, params, anthropic_version, anthropic_beta, fallback_models, metadata, webhook_url, run_at,
        trace_parent)
      from stdin (format binary)
      """;
  private static final int REQUEST_COLUMNS = 9;
  private static final int REQUEST_BYTES = 150;

  private final Connection connection;
  private final Sealer sealer;
  private final Instant now;

  /** Within the transaction of that connection. */
  public JobCopies(Connection connection, Sealer sealer) throws SQLException {
    this.connection = connection;
    this.sealer = sealer;
    try (var select = connection.prepareStatement("select now()");
        var row = select.executeQuery()) {
      row.next();
      this.now = row.getObject(1, OffsetDateTime.class).toInstant();
    }
  }

  /** Stores these jobs. */
  public void add(List<NewJob> jobs) throws SQLException {
    // In id order, as every statement that locks several jobs.
    List<NewJob> ordered = jobs.stream().sorted(Comparator.comparing(NewJob::id)).toList();
    var rows = new BinaryCopy(JOB_COLUMNS, ordered.size() * JOB_BYTES);
    int bytes = 0;
    for (NewJob job : ordered) {
      if (job.key() != null) {
        throw new IllegalArgumentException("a job with a key of its own is submitted");
      }
      job(rows.row(), job);
      bytes += job.request().params().length + REQUEST_BYTES;
    }
    rows.copy(connection, JOBS);
    var requests = new BinaryCopy(REQUEST_COLUMNS, bytes);
    ordered.forEach(job -> request(requests.row(), job));
    requests.copy(connection, REQUESTS);
  }

  private void job(BinaryCopy row, NewJob job) {
    Instant start = isAhead(job.runAt()) ? job.runAt() : null;
    Instant from = start == null ? now : start;
    Instant expires = job.expiresAt();
    row.uuid(job.id().uuid())
        .int4(job.tenantId())
        .text("queued")
        .text(job.lane().wireName())
        .text(job.pool())
        .text(job.model())
        .time(now)
        .time(job.runAt() == null ? now : job.runAt())
        .time(expires == null ? from.plus(job.lane().defaultLifetime()) : expires)
        .bool(expires == null)
        .time(later(start, isAhead(job.batchUntil()) ? job.batchUntil() : null))
        .int2(job.maxAttempts())
        .int4((int) job.timeout().toSeconds())
        .bool(job.retryAmbiguous())
        .int4(job.request().params().length)
        .int4(job.estimatedInput())
        .int4(job.maxOutput())
        .text(job.customId())
        .text(job.userId())
        .text(job.feature())
        .uuid(job.batchId())
        .time(job.batchUntil())
        .texts(job.request().fallbackModels())
        .bool(job.request().webhookUrl() != null)
        .bool(job.keeping() == Keeping.NONE);
  }

  private void request(BinaryCopy row, NewJob job) {
    var request = job.request();
    row.uuid(job.id().uuid())
        .bytes(sealer.seal(Place.PARAMS, job.id().uuid(), 0, request.params()))
        .text(request.anthropicVersion())
        .texts(request.anthropicBeta())
        .texts(request.fallbackModels())
        .text(Submissions.metadata(job, sealer))
        .text(request.webhookUrl())
        .time(job.runAt())
        .text(request.traceParent());
  }

  private boolean isAhead(@Nullable Instant time) {
    return time != null && time.isAfter(now);
  }

  private static @Nullable Instant later(@Nullable Instant one, @Nullable Instant other) {
    return one == null || (other != null && other.isAfter(one)) ? other : one;
  }
}
