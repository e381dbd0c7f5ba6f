package io.millrace.db.job;

import io.millrace.db.job.Settlement.Call;
import io.millrace.db.job.Settlement.Charge;
import io.millrace.db.job.Settlement.Effect;
import io.millrace.db.job.Settlement.Effect.Finish;
import io.millrace.db.job.Settlement.Effect.Keep;
import io.millrace.db.job.Settlement.Effect.Requeue;
import io.millrace.db.seal.Place;
import io.millrace.db.seal.Sealer;
import io.millrace.db.sql.ArrayBinder;
import io.millrace.db.sql.Database;
import io.millrace.job.JobId;
import io.millrace.job.JobState;
import io.millrace.money.Usage;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The only way out of the running state: outcome, attempt, cost and result of a whole batch in one
 * transaction, each guarded by state and fence.
 *
 * <p>A settlement whose fence no longer matches changes no job, but a call that its worker saw is
 * still recorded: it was paid. It then replaces the row that was presumed for it when the job was
 * taken away. Settling twice, as after a commit whose reply was lost, changes nothing the second
 * time.
 */
public final class Settlements {

  // The call's number, not a plus one: a job that is kept is still held under the same fence when a
  // commit whose reply was lost is repeated. A call is presumed only where it would be the next:
  // else its worker has written it down since somebody looked. The state is compared as text so
  // that nothing but the primary key serves: by the index of held jobs each settlement would read
  // all that its worker holds. What a provider batch holds leaves it with a row for its call
  // exactly
  // if it was sent, whatever that was when somebody looked.
  private static final String SETTLE =
      """
      update job set
        state = case when s.next = 'queued' and s.cancel_requested_at is not null then 'canceled'
                else s.next::job_state end,
        worker_id = case when s.next = 'running' then job.worker_id end,
        sending = false,
        attempts = greatest(job.attempts, s.call_no),
        counted_attempts = job.counted_attempts + case when s.call_no > job.attempts then s.counted else 0 end,
        due_at = case when s.next = 'queued' then now() + s.delay * interval '1 millisecond' else job.due_at end,
        parked_until = case when s.next = 'queued' and s.cancel_requested_at is null
                       then greatest(now() + s.delay * interval '1 millisecond', job.batch_until) end,
        finished_at = case when s.next in ('running', 'queued') and (s.next = 'running' or s.cancel_requested_at is null)
                      then null else now() end,
        failure_code = s.failure_code
      from (
        select n.*, hit.cancel_requested_at
        from unnest(?, ?, ?, ?, ?, ?, ?, ?, ?) as n(id, claim_no, worker_id, next, delay, call_no, presumed,
          counted, failure_code)
        cross join lateral (
          select j.cancel_requested_at from job j
          where j.id = n.id and j.claim_no = n.claim_no and j.state::text = 'running' and j.worker_id = n.worker_id
            and (not n.presumed or j.attempts = n.call_no - 1)
            and ((n.call_no > 0) = j.sending or not exists (select from provider_batch p where p.id = j.worker_id))
          for update) hit) as s
      where job.id = s.id
      returning job.id, job.state::text
      """;

  // What its worker saw replaces what was presumed of the same call, and nothing else.
  private static final String ATTEMPTS =
      """
      insert into attempt as a (job_id, no, series, claim_no, worker_id, model, outcome, code, message, http_status,
        provider_request_id, started_at, first_byte_at, finished_at, presumed, fenced_out, usage, provider_batch_id)
      select job_id, no, series, claim_no, worker_id, model, outcome, code, message, status, request_id,
        to_time(started_at), to_time(first_byte_at), to_time(finished_at), presumed, fenced_out, usage::json,
        (select p.id from provider_batch p where p.id = n.worker_id)
      from unnest(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) as n(job_id, no, series, claim_no, worker_id, model,
        outcome, code, message, status, request_id, started_at, first_byte_at, finished_at, presumed, fenced_out, usage)
      on conflict (job_id, no) do update set
        outcome = excluded.outcome, code = excluded.code, message = excluded.message,
        http_status = excluded.http_status, provider_request_id = excluded.provider_request_id,
        started_at = excluded.started_at, first_byte_at = excluded.first_byte_at, finished_at = excluded.finished_at,
        presumed = false, fenced_out = true, usage = excluded.usage
        where a.presumed and not excluded.presumed and a.claim_no = excluded.claim_no
      """;

  private static final String CLEAR_SUSPICIONS =
      """
      delete from cost using unnest(?, ?) as n(job_id, no)
      where cost.job_id = n.job_id and cost.attempt_no = n.no and cost.kind = 'suspected'
      """;

  private static final String COSTS =
      """
      insert into cost (job_id, attempt_no, entry, kind, tenant_id, lane, model, user_id, feature, incurred_at,
        input_tokens, output_tokens, cache_read_tokens, cache_write_5m_tokens, cache_write_1h_tokens, web_searches,
        amount, price_version, batch_id)
      select job_id, no, 0, kind, tenant_id, lane::job_lane, model, user_id, feature, to_time(at),
        input, output, cache_read, write_5m, write_1h, searches, amount, version, batch_id
      from unnest(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) as n(job_id, no, kind, tenant_id, lane, model,
        user_id, feature, at, input, output, cache_read, write_5m, write_1h, searches, amount, version, batch_id)
      on conflict (job_id, attempt_no, entry) do nothing
      """;

  private static final String RESULTS =
      """
      insert into result (job_id, series, type, body)
      select * from unnest(?, ?, ?, ?) as n(job_id, series, type, body)
      on conflict (job_id, series) do nothing
      """;

  private final Database database;

  public Settlements(Database database) {
    this.database = database;
  }

  /**
   * What became of a settlement.
   *
   * @param applied false where the fence no longer matched and the job is somebody else's
   * @param state the job's state after it; for one that was not applied, the state asked for
   */
  public record Settled(boolean applied, JobState state) {}

  /**
   * Records the settlements in one transaction, all or none; answers in their order. Of several of
   * one job, as when its worker and somebody else end it at the same moment, the first comes first.
   */
  public List<Settled> settle(List<Settlement> settlements) {
    IdentityHashMap<Settlement, Settled> fates = new IdentityHashMap<>();
    return database.transaction(connection -> {
      for (List<Settlement> wave : waves(settlements)) {
        var moved = move(connection, wave);
        recordCalls(connection, wave, moved, database.sealer());
        insertResults(connection, wave, moved, database.sealer());
        wave.forEach(s -> fates.put(s, settled(s, moved.get(s.job().id()))));
      }
      return settlements.stream().map(s -> fates.get(s)).toList();
    });
  }

  private static Settled settled(Settlement settlement, @Nullable JobState state) {
    return new Settled(state != null, state != null ? state : next(settlement.effect()));
  }

  // Each wave has a job once and is in id order; a second wave locks only what the first has
  // locked.
  private static List<List<Settlement>> waves(List<Settlement> settlements) {
    List<Map<JobId, Settlement>> waves = new ArrayList<>();
    for (Settlement settlement : settlements) {
      int i = 0;
      while (i < waves.size() && waves.get(i).containsKey(settlement.job().id())) {
        i++;
      }
      if (i == waves.size()) {
        waves.add(new TreeMap<>());
      }
      waves.get(i).put(settlement.job().id(), settlement);
    }
    return waves.stream().map(wave -> List.copyOf(wave.values())).toList();
  }

  private static Map<JobId, JobState> move(Connection connection, List<Settlement> ordered)
      throws SQLException {
    Map<JobId, JobState> moved = new HashMap<>();
    try (var update = connection.prepareStatement(SETTLE)) {
      new ArrayBinder<>(update, ordered)
          .ids(s -> s.job().id())
          .integers(s -> s.job().fence().claimNo())
          .uuids(s -> s.job().fence().workerId())
          .texts(s -> next(s.effect()).wireName())
          .longs(s -> s.effect() instanceof Requeue(var delay) ? delay.toMillis() : 0L)
          .integers(s -> s.call() == null ? 0 : s.call().no())
          .booleans(s -> s.call() != null && s.call().presumed())
          .integers(s -> s.call() != null && s.call().counted() ? 1 : 0)
          .texts(s -> s.effect() instanceof Finish finish ? finish.failureCode() : null);
      try (var rows = update.executeQuery()) {
        while (rows.next()) {
          moved.put(Rows.id(rows, 1), JobState.valueOf(rows.getString(2).toUpperCase(Locale.ROOT)));
        }
      }
    }
    return moved;
  }

  private static void recordCalls(
      Connection connection, List<Settlement> ordered, Map<JobId, JobState> moved, Sealer sealer)
      throws SQLException {
    List<Recorded> calls =
        ordered.stream()
            .filter(s -> s.call() != null)
            .map(s -> new Recorded(s, s.call(), !moved.containsKey(s.job().id())))
            .filter(r -> !(r.call().presumed() && r.fencedOut()))
            .toList();
    if (calls.isEmpty()) {
      return;
    }
    insertAttempts(connection, calls, sealer);
    List<Recorded> late = calls.stream().filter(Recorded::fencedOut).toList();
    if (!late.isEmpty()) {
      try (var delete = connection.prepareStatement(CLEAR_SUSPICIONS)) {
        new ArrayBinder<>(delete, late).ids(Recorded::id).integers(r -> r.call().no());
        delete.executeUpdate();
      }
    }
    List<Recorded> charged = calls.stream().filter(r -> r.call().charge() != null).toList();
    if (!charged.isEmpty()) {
      insertCosts(connection, charged);
    }
  }

  private static void insertAttempts(Connection connection, List<Recorded> calls, Sealer sealer)
      throws SQLException {
    try (var insert = connection.prepareStatement(ATTEMPTS)) {
      new ArrayBinder<>(insert, calls)
          .ids(Recorded::id)
          .integers(r -> r.call().no())
          .integers(r -> r.settlement().job().series())
          .integers(r -> r.settlement().job().fence().claimNo())
          .uuids(r -> r.settlement().job().fence().workerId())
          .texts(r -> r.call().model())
          .texts(r -> r.call().outcome())
          .texts(r -> r.call().code())
          .texts(r -> message(r, sealer))
          .integers(r -> r.call().httpStatus())
          .texts(r -> r.call().requestId())
          .times(r -> r.call().startedAt())
          .times(r -> r.call().firstByteAt())
          .times(r -> r.call().finishedAt())
          .booleans(r -> r.call().presumed())
          .booleans(Recorded::fencedOut)
          .texts(r -> r.call().charge() == null ? null : r.call().charge().rawUsage());
      insert.executeUpdate();
    }
  }

  private static void insertCosts(Connection connection, List<Recorded> charged)
      throws SQLException {
    try (var insert = connection.prepareStatement(COSTS)) {
      new ArrayBinder<>(insert, charged)
          .ids(Recorded::id)
          .integers(r -> r.call().no())
          .texts(r -> r.charge().suspected() ? "suspected" : "charged")
          .integers(r -> r.settlement().job().tenantId())
          .texts(r -> r.settlement().job().lane().wireName())
          .texts(r -> r.call().model())
          .texts(r -> r.settlement().job().userId())
          .texts(r -> r.settlement().job().feature())
          .times(r -> r.call().finishedAt())
          .longs(used(usage -> usage.inputTokens()))
          .longs(used(usage -> usage.outputTokens()))
          .longs(used(usage -> usage.cacheReadTokens()))
          .longs(used(usage -> usage.cacheWrite5mTokens()))
          .longs(used(usage -> usage.cacheWrite1hTokens()))
          .longs(used(usage -> usage.webSearchRequests()))
          .numerics(r -> r.charge().amount())
          .texts(r -> r.charge().priceVersion())
          .uuids(r -> r.settlement().job().batchId());
      insert.executeUpdate();
    }
  }

  private static @Nullable String message(Recorded recorded, Sealer sealer) {
    String message = recorded.call().message();
    return message == null
        ? null
        : sealer.sealText(
            Place.ATTEMPT_MESSAGE, recorded.id().uuid(), recorded.call().no(), message);
  }

  private static byte @Nullable [] body(Settlement settlement, Sealer sealer) {
    byte[] body = settlement.effect() instanceof Finish finish ? finish.body() : null;
    var job = settlement.job();
    return body == null ? null : sealer.seal(Place.ANSWER, job.id().uuid(), job.series(), body);
  }

  private static void insertResults(
      Connection connection, List<Settlement> ordered, Map<JobId, JobState> moved, Sealer sealer)
      throws SQLException {
    List<Settlement> answered =
        ordered.stream()
            .filter(s -> moved.containsKey(s.job().id()))
            .filter(s -> s.effect() instanceof Finish finish && finish.body() != null)
            .toList();
    if (answered.isEmpty()) {
      return;
    }
    try (var insert = connection.prepareStatement(RESULTS)) {
      new ArrayBinder<>(insert, answered)
          .ids(s -> s.job().id())
          .integers(s -> s.job().series())
          .texts(s -> next(s.effect()) == JobState.SUCCEEDED ? "succeeded" : "errored")
          .bytes(s -> body(s, sealer));
      insert.executeUpdate();
    }
  }

  private static JobState next(Effect effect) {
    return switch (effect) {
      case Finish finish -> finish.state();
      case Requeue _ -> JobState.QUEUED;
      case Keep _ -> JobState.RUNNING;
    };
  }

  private static Function<Recorded, @Nullable Long> used(Function<Usage, Long> quantity) {
    return recorded -> quantity.apply(recorded.charge().usage());
  }

  private record Recorded(Settlement settlement, @Nullable Call maybeCall, boolean fencedOut) {

    JobId id() {
      return settlement.job().id();
    }

    Call call() {
      return Objects.requireNonNull(maybeCall);
    }

    Charge charge() {
      return Objects.requireNonNull(call().charge());
    }
  }
}
