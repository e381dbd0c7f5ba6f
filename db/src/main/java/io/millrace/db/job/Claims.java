package io.millrace.db.job;

import io.millrace.db.seal.Place;
import io.millrace.db.seal.Sealer;
import io.millrace.db.seal.UnreadableValue;
import io.millrace.db.sql.ArrayBinder;
import io.millrace.db.sql.Database;
import io.millrace.job.JobId;
import io.millrace.job.Lane;
import io.millrace.job.ReleasedJob;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Turns invitations into held jobs. State, worker and claim number change together in one guarded
 * update, so of any number of records and workers exactly one wins; whatever is canceled, finished,
 * claimed, not yet due, past its deadline by the database clock, of a paused tenant or of a pool
 * paused by hand simply falls out; a pool that the platform paused lets probes through. A defaulted
 * deadline is put off here by the pauses of the job's tenant and pool.
 */
public final class Claims {

  /** The columns of {@code job} that {@link #claimed} reads, in its order. */
  static final String CLAIMED =
      """
      job.id, job.claim_no, job.tenant_id, job.lane::text, job.pool, job.model, job.attempts,
        job.counted_attempts, job.max_attempts, job.timeout_seconds, job.retry_ambiguous, job.params_bytes,
        job.estimated_input, job.max_output, job.sending, job.series, job.user_id, job.feature,
        (extract(epoch from job.expires_at - now()) * 1000)::bigint, job.worker_id,
        (extract(epoch from now() - job.created_at) * 1000000)::bigint,
        (extract(epoch from now() - job.due_at) * 1000000)::bigint,
        (extract(epoch from now() - job.released_at) * 1000000)::bigint,
        job.requested_model is not null, job.batch_id
      """;

  // States are compared as text where the id is given, so that nothing but the primary key serves:
  // a partial index may look cheaper while it is empty, and the plan is kept when it no longer is.
  private static final String CLAIM =
      """
      with won as (
        select hit.id from unnest(?, ?) as n(id, claim_no)
        cross join lateral (
          select j.id from job j
          where j.id = n.id and j.claim_no = n.claim_no and j.state::text = 'queued'
            and j.due_at <= now() and j.expires_at > now()
            and j.tenant_id <> all(%1$s) and j.pool <> all(%2$s)
          for update skip locked) hit)
      update job set state = 'running', worker_id = ?, claim_no = claim_no + 1,
        sending = not (pool = any(?)), sending_since = now(),
        started_at = coalesce(started_at, now()), parked_until = null, released_at = null,
        expires_at = expires_at + %3$s,
        pauses_counted_to = case when %4$s then now() else pauses_counted_to end
      from won
      where job.id = won.id and exists (select from worker where worker.id = ? and worker.lost_at is null)
      returning \
      """
              .formatted(Pauses.PAUSED_TENANTS, Pauses.CLOSED_POOLS, Pauses.OWED, Pauses.OWED_ANY)
          // The claim clears the mark of which this asks.
          + CLAIMED.replace("job.released_at", "old.released_at");

  private static final String WON_UNHEARD =
      "select "
          + CLAIMED
          + """
          from unnest(?, ?) as n(id, claim_no)
          cross join lateral (
            select * from job
            where job.id = n.id and job.claim_no = n.claim_no + 1 and job.state::text = 'running'
              and job.worker_id = ?
            limit 1) job
          """;

  // The outer bounds let the executor leave out every partition that cannot hold any of the ids.
  private static final String REQUESTS =
      """
      select r.job_id, r.params, r.anthropic_version, r.anthropic_beta, r.fallback_models,
        r.trace_parent
      from unnest(?) as n(id)
      cross join lateral (
        select * from request
        where request.job_id = n.id and request.job_id >= ? and request.job_id <= ? limit 1) r
      """;

  private static final String MARK_SENDING =
      """
      update job set sending = true, sending_since = now()
      from (
        select hit.id from unnest(?, ?) as n(id, claim_no)
        cross join lateral (
          select j.id from job j
          where j.id = n.id and j.claim_no = n.claim_no and j.state::text = 'running' and j.cancel_requested_at is null
          for update) hit) as held
      where job.id = held.id
      returning job.id
      """;

  private final Database database;

  public Claims(Database database) {
    this.database = database;
  }

  /** The fence: whoever holds the job under this claim number. */
  public record Fence(JobId id, int claimNo, UUID workerId) {}

  /**
   * A job held by a claim.
   *
   * @param sending whether the store already counts on a call being sent; where false, {@link
   *     #markSending} must succeed before the call
   * @param untilExpiry time left to the deadline at the moment of the claim, by the database clock
   * @param waits how long it was under way until then
   * @param rerouted whether its model is a fallback, which its request does not name
   * @param batchId the batch that it is an item of
   */
  public record Claimed(
      Fence fence,
      int tenantId,
      Lane lane,
      String pool,
      String model,
      int attempts,
      int countedAttempts,
      int maxAttempts,
      Duration timeout,
      boolean retryAmbiguous,
      int paramsBytes,
      int estimatedInput,
      int maxOutput,
      boolean sending,
      int series,
      @Nullable String userId,
      @Nullable String feature,
      Duration untilExpiry,
      Waits waits,
      boolean rerouted,
      @Nullable UUID batchId) {

    public JobId id() {
      return fence.id();
    }

    /** The same job as it was held under another claim. */
    public Claimed heldUnder(Fence other, int thenSeries) {
      return new Claimed(
          other,
          tenantId,
          lane,
          pool,
          model,
          attempts,
          countedAttempts,
          maxAttempts,
          timeout,
          retryAmbiguous,
          paramsBytes,
          estimatedInput,
          maxOutput,
          sending,
          thenSeries,
          userId,
          feature,
          untilExpiry,
          waits,
          rerouted,
          batchId);
    }
  }

  /**
   * A job's times up to its claim, by the database clock.
   *
   * @param sinceReleased zero where it is not known
   */
  public record Waits(Duration sinceCreated, Duration sinceDue, Duration sinceReleased) {}

  /** What the call needs, read apart from the claim so that bytes in memory stay bounded. */
  public record Payload(
      byte[] params,
      String anthropicVersion,
      List<String> anthropicBeta,
      List<String> fallbacks,
      @Nullable String traceParent) {

    private Payload with(byte[] opened) {
      return new Payload(opened, anthropicVersion, anthropicBeta, fallbacks, traceParent);
    }
  }

  /**
   * The requests that were found.
   *
   * @param unreadable those that are there and cannot be decrypted, with the key that they need
   */
  public record Payloads(Map<JobId, Payload> readable, Map<JobId, UnreadableValue> unreadable) {
    private static final Payloads NONE = new Payloads(Map.of(), Map.of());

    /** The request of that job; null if it is not among those that can be read. */
    public @Nullable Payload get(JobId id) {
      return readable.get(id);
    }
  }

  /**
   * Claims what these records still invite to, for one worker incarnation.
   *
   * @param congested pools whose calls will have to wait: their jobs are claimed as not sending
   */
  public List<Claimed> claim(
      UUID workerId, Collection<ReleasedJob> records, Collection<String> congested) {
    List<ReleasedJob> ordered =
        records.stream().distinct().sorted(Comparator.comparing(ReleasedJob::id)).toList();
    return database.single(connection -> {
      try (var update = connection.prepareStatement(CLAIM)) {
        new ArrayBinder<>(update, ordered)
            .ids(ReleasedJob::id)
            .integers(ReleasedJob::claimNo)
            .scalar(workerId)
            .scalar(connection.createArrayOf("text", congested.toArray()))
            .scalar(workerId);
        return claimed(update);
      }
    });
  }

  /** What {@link #claim} won for this worker where its answer was never heard. */
  public List<Claimed> wonUnheard(UUID workerId, Collection<ReleasedJob> records) {
    List<ReleasedJob> ordered = List.copyOf(records);
    return database.single(connection -> {
      try (var select = connection.prepareStatement(WON_UNHEARD)) {
        new ArrayBinder<>(select, ordered)
            .ids(ReleasedJob::id)
            .integers(ReleasedJob::claimNo)
            .scalar(workerId);
        return claimed(select);
      }
    });
  }

  /** The requests of these jobs; one that was erased is missing. */
  public Payloads payloads(Collection<JobId> ids) {
    if (ids.isEmpty()) {
      return Payloads.NONE;
    }
    List<JobId> ordered = ids.stream().sorted().toList();
    Map<JobId, Payload> stored = database.single(connection -> readPayloads(connection, ordered));
    return opened(stored);
  }

  /**
   * Notes that calls are about to be sent under these fences, before a byte is.
   *
   * @return those that may go ahead; the others were fenced out or canceled
   */
  public Set<JobId> markSending(Collection<Fence> fences) {
    List<Fence> ordered = fences.stream().sorted(Comparator.comparing(Fence::id)).toList();
    return database.single(connection -> {
      try (var update = connection.prepareStatement(MARK_SENDING)) {
        new ArrayBinder<>(update, ordered).ids(Fence::id).integers(Fence::claimNo);
        Set<JobId> marked = new HashSet<>();
        try (var rows = update.executeQuery()) {
          while (rows.next()) {
            marked.add(Rows.id(rows, 1));
          }
        }
        return marked;
      }
    });
  }

  private static Map<JobId, Payload> readPayloads(Connection connection, List<JobId> ordered)
      throws SQLException {
    Map<JobId, Payload> payloads = new HashMap<>();
    try (var select = connection.prepareStatement(REQUESTS)) {
      new ArrayBinder<>(select, ordered)
          .ids(id -> id)
          .scalar(ordered.getFirst().uuid())
          .scalar(ordered.getLast().uuid());
      try (var rows = select.executeQuery()) {
        while (rows.next()) {
          payloads.put(
              Rows.id(rows, 1),
              new Payload(
                  Objects.requireNonNull(rows.getBytes(2)),
                  rows.getString(3),
                  Rows.texts(rows, 4),
                  Rows.texts(rows, 5),
                  rows.getString(6)));
        }
      }
    }
    return payloads;
  }

  // Apart from the reading, so that no connection is held meanwhile.
  private Payloads opened(Map<JobId, Payload> stored) {
    Sealer sealer = database.sealer();
    Map<JobId, UnreadableValue> unreadable = new HashMap<>();
    stored
        .entrySet()
        .removeIf(entry -> {
          var payload = entry.getValue();
          try {
            entry.setValue(
                payload.with(
                    sealer.open(Place.PARAMS, entry.getKey().uuid(), 0, payload.params())));
            return false;
          } catch (UnreadableValue missing) {
            unreadable.put(entry.getKey(), missing);
            return true;
          }
        });
    return new Payloads(stored, unreadable);
  }

  private static List<Claimed> claimed(PreparedStatement statement) throws SQLException {
    List<Claimed> claimed = new ArrayList<>();
    try (var rows = statement.executeQuery()) {
      while (rows.next()) {
        claimed.add(claimed(rows));
      }
    }
    return claimed;
  }

  static Claimed claimed(ResultSet rows) throws SQLException {
    return new Claimed(
        new Fence(Rows.id(rows, 1), rows.getInt(2), rows.getObject(20, UUID.class)),
        rows.getInt(3),
        Lane.parse(rows.getString(4)).orElseThrow(),
        rows.getString(5),
        rows.getString(6),
        rows.getInt(7),
        rows.getInt(8),
        rows.getInt(9),
        Duration.ofSeconds(rows.getInt(10)),
        rows.getBoolean(11),
        rows.getInt(12),
        rows.getInt(13),
        rows.getInt(14),
        rows.getBoolean(15),
        rows.getInt(16),
        rows.getString(17),
        rows.getString(18),
        Duration.ofMillis(rows.getLong(19)),
        new Waits(micros(rows, 21), micros(rows, 22), micros(rows, 23)),
        rows.getBoolean(24),
        rows.getObject(25, UUID.class));
  }

  private static Duration micros(ResultSet rows, int column) throws SQLException {
    return Duration.of(rows.getLong(column), ChronoUnit.MICROS);
  }
}
