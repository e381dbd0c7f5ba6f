package io.millrace.db.job;

import io.millrace.db.job.NewJob.IdempotencyKey;
import io.millrace.db.job.Submitted.Created;
import io.millrace.db.job.Submitted.KeyReused;
import io.millrace.db.job.Submitted.Replayed;
import io.millrace.db.seal.Place;
import io.millrace.db.seal.Sealer;
import io.millrace.db.sql.ArrayBinder;
import io.millrace.db.sql.Database;
import io.millrace.job.JobId;
import io.millrace.job.Keeping;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Stores accepted jobs: job, request and idempotency key of a whole batch in one transaction, which
 * is durable when {@link #submit} returns.
 */
public final class Submissions {

  /** How long a key stands for its first request. */
  public static final Duration KEY_LIFETIME = Duration.ofHours(24);

  // A key older than its lifetime is taken over; a younger one stays as it is and is not returned.
  private static final String TAKE_KEYS =
      """
      insert into idempotency_key as k (tenant_id, path, key, body_hash, job_id, created_at)
      select tenant_id, path, key, body_hash, job_id, now()
      from unnest(?, ?, ?, ?, ?) as n(tenant_id, path, key, body_hash, job_id)
      on conflict (tenant_id, path, key) do update
        set body_hash = excluded.body_hash, job_id = excluded.job_id, created_at = excluded.created_at, job_deleted = false
        where k.created_at < now() - make_interval(hours => 24)
      returning job_id
      """;

  private static final String FIRST_USES =
      """
      select k.tenant_id, k.path, k.key, k.body_hash, k.job_id
      from unnest(?, ?, ?) as n(tenant_id, path, key)
      join idempotency_key k using (tenant_id, path, key)
      """;

  private static final String INSERT_JOBS =
      """
      insert into job (id, tenant_id, state, lane, pool, model, created_at, due_at, expires_at, expires_defaulted,
        parked_until, max_attempts, timeout_seconds, retry_ambiguous, params_bytes, estimated_input, max_output,
        custom_id, user_id, feature, batch_id, batch_until, fallback_models, has_webhook, retention_none)
      select id, tenant_id, 'queued', lane::job_lane, pool, model, now(), coalesce(to_time(run_at), now()),
        coalesce(to_time(expires_at), greatest(now(), to_time(run_at)) + lifetime * interval '1 second'),
        expires_at is null,
        greatest(case when to_time(run_at) > now() then to_time(run_at) end,
          case when to_time(batch_until) > now() then to_time(batch_until) end),
        max_attempts, timeout_seconds, retry_ambiguous, params_bytes, estimated_input, max_output,
        custom_id, user_id, feature, batch_id, to_time(batch_until), string_to_array(fallbacks, E'\\n'), has_webhook,
        retention_none
      from unnest(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) as n(id, tenant_id, lane, pool, model,
        run_at, expires_at, lifetime, max_attempts, timeout_seconds, retry_ambiguous, params_bytes, estimated_input,
        max_output, custom_id, user_id, feature, batch_id, batch_until, fallbacks, has_webhook, retention_none)
      returning id, created_at, expires_at
      """;

  // Lists travel as one text per row, joined by newlines, which none of their elements can contain.
  private static final String INSERT_REQUESTS =
      """
      insert into request (job_id, params, anthropic_version, anthropic_beta, fallback_models, metadata, webhook_url,
        run_at, trace_parent)
      select job_id, params, version, string_to_array(beta, E'\\n'), string_to_array(fallbacks, E'\\n'), metadata::json, url,
        to_time(run_at), trace_parent
      from unnest(?, ?, ?, ?, ?, ?, ?, ?, ?) as n(job_id, params, version, beta, fallbacks, metadata, url, run_at,
        trace_parent)
      """;

  private final Database database;

  public Submissions(Database database) {
    this.database = database;
  }

  /**
   * Stores the jobs, all or none, and says of each what became of it, in their order. Of several
   * with the same key the first in the list wins.
   */
  public List<Submitted> submit(List<NewJob> jobs) {
    return database.transaction(connection -> store(connection, jobs));
  }

  /** Which of these jobs are stored: for a commit whose reply was lost. */
  public Set<JobId> stored(Collection<JobId> ids) {
    return database.single(connection -> {
      try (var select =
          connection.prepareStatement(
              "select j.id from unnest(?) as n(id) join job j using (id)")) {
        new ArrayBinder<>(select, List.copyOf(ids)).ids(id -> id);
        Set<JobId> stored = new HashSet<>();
        try (var rows = select.executeQuery()) {
          while (rows.next()) {
            stored.add(Rows.id(rows, 1));
          }
        }
        return stored;
      }
    });
  }

  private List<Submitted> store(Connection connection, List<NewJob> jobs) throws SQLException {
    Map<JobId, Submitted> fates = new HashMap<>();
    List<NewJob> fresh = new ArrayList<>(jobs.size());
    List<NewJob> keyed = new ArrayList<>();
    for (NewJob job : jobs) {
      (job.key() == null ? fresh : keyed).add(job);
    }
    if (!keyed.isEmpty()) {
      takeKeys(connection, keyed, fresh, fates);
    }
    if (!fresh.isEmpty()) {
      // In id order, as every statement that locks several jobs.
      fresh.sort(Comparator.comparing(NewJob::id));
      insertJobs(connection, fresh, fates);
      insertRequests(connection, fresh, database.sealer());
    }
    return jobs.stream().map(job -> fates.get(job.id())).toList();
  }

  private static void takeKeys(
      Connection connection, List<NewJob> keyed, List<NewJob> fresh, Map<JobId, Submitted> fates)
      throws SQLException {
    // One row per key, in key order, so that two transactions meet without a deadlock.
    Map<KeyName, NewJob> firsts = new HashMap<>();
    keyed.forEach(job -> firsts.putIfAbsent(KeyName.of(job), job));
    List<Map.Entry<KeyName, NewJob>> ordered =
        firsts.entrySet().stream().sorted(Map.Entry.comparingByKey()).toList();
    Set<JobId> won = new HashSet<>();
    try (var insert = connection.prepareStatement(TAKE_KEYS)) {
      new ArrayBinder<>(insert, ordered)
          .integers(entry -> entry.getKey().tenantId())
          .texts(entry -> entry.getKey().path())
          .texts(entry -> entry.getKey().key())
          .bytes(entry -> keyOf(entry.getValue()).bodyHash())
          .ids(entry -> entry.getValue().id());
      try (var rows = insert.executeQuery()) {
        while (rows.next()) {
          won.add(Rows.id(rows, 1));
        }
      }
    }
    Map<KeyName, FirstUse> uses =
        won.size() == keyed.size() ? Map.of() : firstUses(connection, ordered);
    for (NewJob job : keyed) {
      if (won.contains(job.id())) {
        fresh.add(job);
      } else {
        fates.put(job.id(), fate(job, uses.get(KeyName.of(job))));
      }
    }
  }

  private static Submitted fate(NewJob job, @Nullable FirstUse use) {
    if (use == null) {
      // Pruned between the two statements: the caller's repeat will find the way free.
      throw new IllegalStateException("an idempotency key vanished while it was looked up");
    }
    return Arrays.equals(use.bodyHash(), keyOf(job).bodyHash())
        ? new Replayed(use.jobId())
        : new KeyReused();
  }

  private static Map<KeyName, FirstUse> firstUses(
      Connection connection, List<Map.Entry<KeyName, NewJob>> ordered) throws SQLException {
    Map<KeyName, FirstUse> uses = new HashMap<>();
    try (var select = connection.prepareStatement(FIRST_USES)) {
      new ArrayBinder<>(select, ordered)
          .integers(entry -> entry.getKey().tenantId())
          .texts(entry -> entry.getKey().path())
          .texts(entry -> entry.getKey().key());
      try (var rows = select.executeQuery()) {
        while (rows.next()) {
          uses.put(
              new KeyName(rows.getInt(1), rows.getString(2), rows.getString(3)),
              new FirstUse(Rows.id(rows, 5), rows.getBytes(4)));
        }
      }
    }
    return uses;
  }

  private static void insertJobs(
      Connection connection, List<NewJob> jobs, Map<JobId, Submitted> fates) throws SQLException {
    try (var insert = connection.prepareStatement(INSERT_JOBS)) {
      new ArrayBinder<>(insert, jobs)
          .ids(NewJob::id)
          .integers(NewJob::tenantId)
          .texts(job -> job.lane().wireName())
          .texts(NewJob::pool)
          .texts(NewJob::model)
          .times(NewJob::runAt)
          .times(NewJob::expiresAt)
          .integers(job -> (int) job.lane().defaultLifetime().toSeconds())
          .integers(NewJob::maxAttempts)
          .integers(job -> (int) job.timeout().toSeconds())
          .booleans(NewJob::retryAmbiguous)
          .integers(job -> job.request().params().length)
          .integers(NewJob::estimatedInput)
          .integers(NewJob::maxOutput)
          .texts(NewJob::customId)
          .texts(NewJob::userId)
          .texts(NewJob::feature)
          .uuids(NewJob::batchId)
          .times(NewJob::batchUntil)
          .texts(job -> joined(job.request().fallbackModels()))
          .booleans(job -> job.request().webhookUrl() != null)
          .booleans(job -> job.keeping() == Keeping.NONE);
      try (var rows = insert.executeQuery()) {
        while (rows.next()) {
          var id = Rows.id(rows, 1);
          fates.put(
              id,
              new Created(
                  id,
                  rows.getObject(2, OffsetDateTime.class).toInstant(),
                  rows.getObject(3, OffsetDateTime.class).toInstant()));
        }
      }
    }
  }

  private static void insertRequests(Connection connection, List<NewJob> jobs, Sealer sealer)
      throws SQLException {
    try (var insert = connection.prepareStatement(INSERT_REQUESTS)) {
      new ArrayBinder<>(insert, jobs)
          .ids(NewJob::id)
          .bytes(job -> sealer.seal(Place.PARAMS, job.id().uuid(), 0, job.request().params()))
          .texts(job -> job.request().anthropicVersion())
          .texts(job -> joined(job.request().anthropicBeta()))
          .texts(job -> joined(job.request().fallbackModels()))
          .texts(job -> metadata(job, sealer))
          .texts(job -> job.request().webhookUrl())
          .times(NewJob::runAt)
          .texts(job -> job.request().traceParent());
      insert.executeUpdate();
    }
  }

  // Sealed it is a JSON string, which the object that it was never is.
  static @Nullable String metadata(NewJob job, Sealer sealer) {
    String metadata = job.request().metadata();
    return metadata == null || !sealer.isOn()
        ? metadata
        : '"' + sealer.sealText(Place.METADATA, job.id().uuid(), 0, metadata) + '"';
  }

  private static @Nullable String joined(List<String> values) {
    return values.isEmpty() ? null : String.join("\n", values);
  }

  private static IdempotencyKey keyOf(NewJob job) {
    return Objects.requireNonNull(job.key());
  }

  private record FirstUse(JobId jobId, byte[] bodyHash) {}

  private record KeyName(int tenantId, String path, String key) implements Comparable<KeyName> {
    private static final Comparator<KeyName> ORDER =
        Comparator.comparingInt(KeyName::tenantId)
            .thenComparing(KeyName::path)
            .thenComparing(KeyName::key);

    static KeyName of(NewJob job) {
      return new KeyName(job.tenantId(), keyOf(job).path(), keyOf(job).key());
    }

    @Override
    public int compareTo(KeyName other) {
      return ORDER.compare(this, other);
    }
  }
}
