package io.millrace.db.webhook;

import io.millrace.db.sql.ArrayBinder;
import io.millrace.db.webhook.AttemptRecord.Call;
import io.millrace.db.webhook.AttemptRecord.Effect;
import io.millrace.db.webhook.AttemptRecord.Effect.Delivered;
import io.millrace.db.webhook.AttemptRecord.Effect.Dropped;
import io.millrace.db.webhook.AttemptRecord.Effect.Failed;
import io.millrace.db.webhook.AttemptRecord.Effect.GivenBack;
import io.millrace.db.webhook.AttemptRecord.Effect.Gone;
import io.millrace.db.webhook.AttemptRecord.Effect.Retry;
import io.millrace.delivery.DeliveryError;
import io.millrace.delivery.DeliveryId;
import io.millrace.delivery.DeliveryState;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Writes what attempts came to: what is pending first, under its fence, then what is kept. */
final class AttemptRows {

  private static final String POSTPONE =
      """
      update delivery_pending p set worker_id = null, due_at = now() + n.delay * interval '1 millisecond'
      from unnest(?, ?, ?) as n(id, fence, delay) where p.id = n.id and p.claim_no = n.fence
      returning p.id
      """;

  private static final String END =
      """
      delete from delivery_pending p using unnest(?, ?) as n(id, fence)
      where p.id = n.id and p.claim_no = n.fence
      returning p.id
      """;

  private static final String ATTEMPTS =
      """
      insert into delivery_attempt (delivery_id, no, worker_id, started_at, finished_at, http_status, error, response)
      select id, no, worker, to_time(started_at), to_time(finished_at), status, error, response
      from unnest(?, ?, ?, ?, ?, ?, ?, ?) as n(id, no, worker, started_at, finished_at, status, error, response)
      on conflict (delivery_id, no) do nothing
      """;

  // What is no job's cannot be rendered again and keeps its body.
  private static final String DELIVERIES =
      """
      update delivery d set
        state = n.state,
        attempts = d.attempts + n.sent,
        tries = d.tries + n.sent,
        http_status = n.status,
        error = n.error,
        body = case when n.state = 'delivered' and d.job_id is not null then null else coalesce(d.body, n.body) end,
        finished_at = case when n.state <> 'pending' then now() end,
        undelivered_at = case when n.state not in ('pending', 'delivered') then now() end
      from unnest(?, ?, ?, ?, ?, ?) as n(id, state, sent, status, error, body)
      where d.id = n.id and d.id between ? and ?
      """;

  /** Ends or postpones what is pending; returns what was still held under its fence. */
  Set<DeliveryId> letGo(Connection connection, List<AttemptRecord> ordered) throws SQLException {
    Set<DeliveryId> held = new HashSet<>();
    var again = ordered.stream().filter(attempt -> delay(attempt.effect()) != null).toList();
    if (!again.isEmpty()) {
      try (var update = connection.prepareStatement(POSTPONE)) {
        new ArrayBinder<>(update, again)
            .uuids(attempt -> attempt.delivery().id().uuid())
            .integers(attempt -> attempt.delivery().fence())
            .longs(attempt -> Objects.requireNonNull(delay(attempt.effect())).toMillis());
        collect(update, held);
      }
    }
    var over = ordered.stream().filter(attempt -> delay(attempt.effect()) == null).toList();
    if (!over.isEmpty()) {
      try (var delete = connection.prepareStatement(END)) {
        new ArrayBinder<>(delete, over)
            .uuids(attempt -> attempt.delivery().id().uuid())
            .integers(attempt -> attempt.delivery().fence());
        collect(delete, held);
      }
    }
    return held;
  }

  private static void collect(PreparedStatement statement, Set<DeliveryId> held)
      throws SQLException {
    try (var rows = statement.executeQuery()) {
      while (rows.next()) {
        held.add(Deliveries.id(rows, 1));
      }
    }
  }

  void write(Connection connection, List<AttemptRecord> attempts) throws SQLException {
    var sent = attempts.stream().filter(attempt -> attempt.call() != null).toList();
    if (!sent.isEmpty()) {
      try (var insert = connection.prepareStatement(ATTEMPTS)) {
        new ArrayBinder<>(insert, sent)
            .uuids(attempt -> attempt.delivery().id().uuid())
            .integers(attempt -> attempt.delivery().attempts() + 1)
            .uuids(AttemptRecord::worker)
            .times(attempt -> call(attempt).startedAt())
            .times(attempt -> call(attempt).finishedAt())
            .integers(attempt -> call(attempt).httpStatus())
            .texts(attempt -> name(call(attempt).error()))
            .texts(attempt -> call(attempt).response());
        insert.executeUpdate();
      }
    }
    try (var update = connection.prepareStatement(DELIVERIES)) {
      new ArrayBinder<>(update, attempts)
          .uuids(attempt -> attempt.delivery().id().uuid())
          .texts(attempt -> state(attempt.effect()).wireName())
          .integers(attempt -> attempt.call() == null ? 0 : 1)
          .integers(attempt -> attempt.call() == null ? null : call(attempt).httpStatus())
          .texts(attempt -> name(error(attempt)))
          .bytes(AttemptRecord::body)
          .scalar(attempts.getFirst().delivery().id().uuid())
          .scalar(attempts.getLast().delivery().id().uuid());
      update.executeUpdate();
    }
  }

  private static Call call(AttemptRecord attempt) {
    return Objects.requireNonNull(attempt.call());
  }

  private static @Nullable Duration delay(Effect effect) {
    return switch (effect) {
      case Retry(var delay, _) -> delay;
      case Gone(var delay) -> delay;
      case GivenBack _ -> Duration.ZERO;
      case Delivered _, Failed _, Dropped _ -> null;
    };
  }

  private static DeliveryState state(Effect effect) {
    return switch (effect) {
      case Delivered _ -> DeliveryState.DELIVERED;
      case Failed _ -> DeliveryState.FAILED;
      case Dropped _ -> DeliveryState.DROPPED;
      case Retry _, Gone _, GivenBack _ -> DeliveryState.PENDING;
    };
  }

  private static @Nullable DeliveryError error(AttemptRecord attempt) {
    if (attempt.effect() instanceof Dropped(var why)) {
      return why;
    }
    return attempt.call() == null ? null : attempt.call().error();
  }

  private static @Nullable String name(@Nullable DeliveryError error) {
    return error == null ? null : error.wireName();
  }
}
