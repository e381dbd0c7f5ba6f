package io.millrace.db.webhook;

import io.millrace.db.sql.ArrayBinder;
import io.millrace.db.webhook.AttemptRecord.Effect.Delivered;
import io.millrace.db.webhook.AttemptRecord.Effect.Failed;
import io.millrace.db.webhook.AttemptRecord.Effect.Gone;
import io.millrace.db.webhook.AttemptRecord.Effect.Retry;
import io.millrace.db.webhook.AttemptRecord.Strain;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What attempts say about where they went: how far a destination is spared, and since when an
 * endpoint does nothing but fail. Nothing is written where all is well.
 */
final class EndpointFates {

  /**
   * Halvings after which one at a time is left, whatever the pace was; from then on pauses grow.
   */
  private static final int LONE = 8;

  private static final int SLOWEST = 14;

  // Of all that fail at the same moment one counts, and of all that succeed.
  private static final String SPARE =
      """
      insert into delivery_pace as p (destination, slow, open_from, changed_at)
      select destination, slow, now() + pause * interval '1 millisecond', now()
      from unnest(?, ?, ?) as n(destination, slow, pause)
      order by destination
      on conflict (destination) do update set
        slow = case when p.changed_at > now() - interval '1 second' then p.slow
               else least(p.slow + excluded.slow, %2$d) end,
        open_from = greatest(p.open_from, excluded.open_from,
          case when excluded.slow = 1 and p.slow >= %1$d
            then now() + least(interval '30 seconds', interval '500 milliseconds' * (1 << (p.slow - %1$d))) end),
        changed_at = case when p.changed_at > now() - interval '1 second' then p.changed_at else now() end
      """
          .formatted(LONE, SLOWEST);

  // Of several sets that are written one after the other, all first: of two workers with crossed
  // outcomes each would else hold what the other waits for.
  private static final String LOCK_PACES =
      "select from delivery_pace p where p.destination = any(?) order by p.destination for update";

  private static final String LOCK_ENDPOINTS =
      "select from webhook_endpoint e where e.id = any(?) order by e.id for update";

  private static final String TRUST =
      """
      with well as (
        select p.destination from delivery_pace p
        where p.destination = any(?) and p.changed_at <= now() - interval '1 second'
        order by p.destination for update)
      update delivery_pace p set slow = greatest(0, p.slow - 2), open_from = now(), changed_at = now()
      from well where p.destination = well.destination
      """;

  private static final String FORGET =
      "delete from delivery_pace where destination = any(?) and slow = 0 and open_from <= now()";

  private static final String SUCCEEDED =
      """
      with well as (
        select e.id from webhook_endpoint e
        where e.id = any(?)
          and (e.failing_since is not null or e.last_success_at is null
            or e.last_success_at < now() - interval '10 seconds')
        order by e.id for update)
      update webhook_endpoint e set failing_since = null, last_success_at = now() from well where e.id = well.id
      """;

  private static final String FAILED =
      """
      with ill as (
        select e.id from webhook_endpoint e
        where e.id = any(?) and e.state <> 'disabled'
          and (e.failing_since is null or e.failing_since <= now() - ? * interval '1 millisecond')
        order by e.id for update)
      update webhook_endpoint e set
        failing_since = coalesce(e.failing_since, now()),
        state = case when e.failing_since is null then e.state else 'disabled' end,
        disabled_reason = case when e.failing_since is not null then 'failing' end,
        state_since = case when e.failing_since is null then e.state_since else now() end
      from ill where e.id = ill.id
      """;

  private static final String GONE =
      """
      with gone as (
        select e.id from webhook_endpoint e where e.id = any(?) and e.state <> 'disabled' order by e.id for update)
      update webhook_endpoint e set state = 'disabled', disabled_reason = 'gone', state_since = now(),
        failing_since = coalesce(e.failing_since, now())
      from gone where e.id = gone.id
      """;

  private final Duration disableAfter;

  EndpointFates(Duration disableAfter) {
    this.disableAfter = disableAfter;
  }

  void learn(Connection connection, List<AttemptRecord> attempts) throws SQLException {
    Map<UUID, Strain> strained = new TreeMap<>();
    Set<UUID> well = new HashSet<>();
    Set<UUID> succeeded = new HashSet<>();
    Set<UUID> failed = new HashSet<>();
    Set<UUID> gone = new HashSet<>();
    for (AttemptRecord attempt : attempts) {
      var destination = attempt.delivery().destination();
      var endpoint = attempt.delivery().endpointId();
      switch (attempt.effect()) {
        case Delivered _ -> {
          well.add(destination);
          add(succeeded, endpoint);
        }
        case Retry(_, var strain) -> {
          strained.merge(destination, strain, EndpointFates::both);
          add(failed, endpoint);
        }
        case Failed(var strain) -> {
          strained.merge(destination, strain, EndpointFates::both);
          add(failed, endpoint);
        }
        case Gone _ -> add(gone, endpoint);
        case AttemptRecord.Effect.Dropped _, AttemptRecord.Effect.GivenBack _ -> {}
      }
    }
    failed.removeAll(succeeded);
    // Endpoints before their pace, as whoever resumes one does.
    lock(connection, LOCK_ENDPOINTS, List.of(succeeded, failed, gone));
    update(connection, SUCCEEDED, succeeded);
    judge(connection, failed);
    update(connection, GONE, gone);
    pace(connection, strained, well);
  }

  private static void pace(Connection connection, Map<UUID, Strain> strained, Set<UUID> well)
      throws SQLException {
    var slow =
        strained.entrySet().stream()
            .filter(entry -> !entry.getValue().equals(Strain.NONE))
            .toList();
    slow.forEach(entry -> well.remove(entry.getKey()));
    lock(connection, LOCK_PACES, List.of(strained.keySet(), well));
    if (!slow.isEmpty()) {
      try (var spare = connection.prepareStatement(SPARE)) {
        new ArrayBinder<>(spare, slow)
            .uuids(Map.Entry::getKey)
            .integers(entry -> entry.getValue().slow() ? 1 : 0)
            .longs(entry -> entry.getValue().pause().toMillis());
        spare.executeUpdate();
      }
    }
    if (update(connection, TRUST, well) > 0) {
      update(connection, FORGET, well);
    }
  }

  private void judge(Connection connection, Set<UUID> failed) throws SQLException {
    if (failed.isEmpty()) {
      return;
    }
    try (var update = connection.prepareStatement(FAILED)) {
      new ArrayBinder<>(update, new ArrayList<>(failed))
          .uuids(id -> id)
          .scalar(disableAfter.toMillis());
      update.executeUpdate();
    }
  }

  private static void lock(Connection connection, String statement, List<Set<UUID>> sets)
      throws SQLException {
    if (sets.stream().filter(set -> !set.isEmpty()).count() < 2) {
      return;
    }
    var all = sets.stream().flatMap(Set::stream).distinct().toList();
    try (var select = connection.prepareStatement(statement)) {
      new ArrayBinder<>(select, all).uuids(id -> id);
      select.executeQuery().close();
    }
  }

  private static int update(Connection connection, String statement, Set<UUID> ids)
      throws SQLException {
    if (ids.isEmpty()) {
      return 0;
    }
    try (var update = connection.prepareStatement(statement)) {
      new ArrayBinder<>(update, new ArrayList<>(ids)).uuids(id -> id);
      return update.executeUpdate();
    }
  }

  private static Strain both(Strain one, Strain other) {
    return new Strain(
        one.slow() || other.slow(),
        one.pause().compareTo(other.pause()) >= 0 ? one.pause() : other.pause());
  }

  private static void add(Set<UUID> to, @Nullable UUID id) {
    if (id != null) {
      to.add(id);
    }
  }
}
