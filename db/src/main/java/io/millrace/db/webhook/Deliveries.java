package io.millrace.db.webhook;

import io.millrace.db.sql.ArrayBinder;
import io.millrace.db.sql.Database;
import io.millrace.db.webhook.AttemptRecord.Effect.GivenBack;
import io.millrace.delivery.DeliveryId;
import io.millrace.job.JobId;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;

/**
 * What is still to be delivered, as the workers see it. Times are the database's; no statement
 * grows with what a destination has piled up.
 */
public final class Deliveries {

  private static final String CLAIM =
      "select delivery_id, fence from claim_deliveries(?, ?, ?, ? * interval '1 millisecond')";

  // A statement of its own: the claim sees rows that the snapshot from before it would not show.
  private static final String LOAD =
      """
      select d.id, d.tenant_id, d.endpoint_id, d.destination, coalesce(e.url, d.url), d.event_type, d.occurred_at,
        d.job_id, d.body, d.attempts, d.tries,
        (extract(epoch from clock_timestamp() - d.created_at) * 1000)::bigint
      from unnest(?) as n(id)
      join delivery d on d.id = n.id and d.id between ? and ?
      left join webhook_endpoint e on e.id = d.endpoint_id
      order by d.id
      """;

  private static final String GIVE_BACK =
      """
      update delivery_pending p set worker_id = null, due_at = now()
      from unnest(?, ?) as n(id, fence) where p.id = n.id and p.claim_no = n.fence
      """;

  private static final String FORGET =
      "delete from delivery_pending p using unnest(?, ?) as n(id, fence)"
          + " where p.id = n.id and p.claim_no = n.fence";

  private static final String DROP =
      """
      with recursive known as (
        (select destination, endpoint_id from delivery_pending order by destination limit 1)
        union all
        select next.destination, next.endpoint_id from known, lateral (
          select destination, endpoint_id from delivery_pending
          where destination > known.destination order by destination limit 1) next),
      ownerless as (
        select known.destination from known
        where endpoint_id is not null
          and not exists (select from webhook_endpoint e where e.id = known.endpoint_id)),
      dropped as (
        delete from delivery_pending where id in (
          select head.id from ownerless cross join lateral (
            select p.id from delivery_pending p where p.destination = ownerless.destination
            order by p.due_at limit ? for update skip locked) head limit ?)
        returning id),
      ended as (
        update delivery d set state = 'dropped', error = 'endpoint_deleted', finished_at = now(), undelivered_at = now()
        from dropped where d.id = dropped.id)
      select count(*) from dropped
      """;

  private final Database database;
  private final AttemptRows rows = new AttemptRows();
  private final EndpointFates endpoints;

  /**
   * @param disableAfter after how long a time of nothing but failure an endpoint is disabled
   */
  public Deliveries(Database database, Duration disableAfter) {
    this.database = database;
    this.endpoints = new EndpointFates(disableAfter);
  }

  /**
   * Takes due deliveries, the longest due of each destination first, and of all destinations about
   * the same. Nobody else takes them before {@code lease} is over.
   *
   * @param most in all
   * @param each how many may be under way to one destination, for all workers together
   */
  public List<ClaimedDelivery> claim(UUID worker, int most, int each, Duration lease) {
    Map<DeliveryId, Integer> fences = fences(worker, most, each, lease);
    if (fences.isEmpty()) {
      return List.of();
    }
    List<ClaimedDelivery> claimed = load(fences);
    if (claimed.size() < fences.size()) {
      claimed.forEach(delivery -> fences.remove(delivery.id()));
      forget(fences);
    }
    return claimed;
  }

  private Map<DeliveryId, Integer> fences(UUID worker, int most, int each, Duration lease) {
    return database.single(connection -> {
      try (var select = connection.prepareStatement(CLAIM)) {
        select.setInt(1, most);
        select.setInt(2, each);
        select.setObject(3, worker);
        select.setLong(4, lease.toMillis());
        Map<DeliveryId, Integer> fences = new HashMap<>();
        try (var rows = select.executeQuery()) {
          while (rows.next()) {
            fences.put(id(rows, 1), rows.getInt(2));
          }
        }
        return fences;
      }
    });
  }

  private List<ClaimedDelivery> load(Map<DeliveryId, Integer> fences) {
    var ids = fences.keySet().stream().sorted().toList();
    return database.single(connection -> {
      try (var select = connection.prepareStatement(LOAD)) {
        new ArrayBinder<>(select, ids)
            .uuids(DeliveryId::uuid)
            .scalar(ids.getFirst().uuid())
            .scalar(ids.getLast().uuid());
        List<ClaimedDelivery> claimed = new ArrayList<>();
        try (var rows = select.executeQuery()) {
          while (rows.next()) {
            claimed.add(claimed(rows, Objects.requireNonNull(fences.get(id(rows, 1)))));
          }
        }
        return claimed;
      }
    });
  }

  private static ClaimedDelivery claimed(ResultSet rows, int fence) throws SQLException {
    var job = rows.getObject(8, UUID.class);
    return new ClaimedDelivery(
        id(rows, 1),
        fence,
        rows.getInt(2),
        rows.getObject(3, UUID.class),
        rows.getObject(4, UUID.class),
        rows.getString(5),
        rows.getString(6),
        rows.getObject(7, OffsetDateTime.class).toInstant(),
        job == null ? null : new JobId(job),
        rows.getBytes(9),
        rows.getInt(10),
        rows.getInt(11),
        Duration.ofMillis(Math.max(0, rows.getLong(12))));
  }

  // Their time to be kept is over: a paused endpoint held them for longer than that.
  private void forget(Map<DeliveryId, Integer> fences) {
    var gone = List.copyOf(fences.entrySet());
    database.single(connection -> {
      try (var delete = connection.prepareStatement(FORGET)) {
        new ArrayBinder<>(delete, gone)
            .uuids(entry -> entry.getKey().uuid())
            .integers(entry -> entry.getValue());
        return delete.executeUpdate();
      }
    });
  }

  /**
   * Records attempts and what becomes of their deliveries in one transaction, all or none; says of
   * each, in their order, whether it was recorded: not where somebody else has the delivery by now,
   * or it was dropped.
   */
  public List<Boolean> record(List<AttemptRecord> attempts) {
    // In id order, as every statement that locks several rows.
    var ordered =
        attempts.stream().sorted(Comparator.comparing(attempt -> attempt.delivery().id())).toList();
    return database.transaction(connection -> {
      Set<DeliveryId> held = rows.letGo(connection, ordered);
      var mine =
          ordered.stream().filter(attempt -> held.contains(attempt.delivery().id())).toList();
      var told = mine.stream().filter(attempt -> !(attempt.effect() instanceof GivenBack)).toList();
      if (!told.isEmpty()) {
        rows.write(connection, told);
        endpoints.learn(connection, told);
      }
      return attempts.stream().map(attempt -> held.contains(attempt.delivery().id())).toList();
    });
  }

  /** Gives back what was claimed and not tried: due at once, for anybody. */
  public int giveBack(List<ClaimedDelivery> deliveries) {
    if (deliveries.isEmpty()) {
      return 0;
    }
    var ordered = deliveries.stream().sorted(Comparator.comparing(ClaimedDelivery::id)).toList();
    return database.single(connection -> {
      try (var update = connection.prepareStatement(GIVE_BACK)) {
        new ArrayBinder<>(update, ordered)
            .uuids(delivery -> delivery.id().uuid())
            .integers(ClaimedDelivery::fence);
        return update.executeUpdate();
      }
    });
  }

  /**
   * Drops what is pending for endpoints that were deleted, up to {@code limit}; returns how many.
   */
  public int drop(int limit) {
    return database.single(connection -> {
      try (var delete = connection.prepareStatement(DROP)) {
        delete.setInt(1, limit);
        delete.setInt(2, limit);
        return count(delete.executeQuery());
      }
    });
  }

  static DeliveryId id(ResultSet rows, int column) throws SQLException {
    return new DeliveryId(rows.getObject(column, UUID.class));
  }

  private static int count(ResultSet result) throws SQLException {
    try (var rows = result) {
      rows.next();
      return rows.getInt(1);
    }
  }
}
