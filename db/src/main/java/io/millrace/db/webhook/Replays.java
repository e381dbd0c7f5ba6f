package io.millrace.db.webhook;

import io.millrace.db.sql.ArrayBinder;
import io.millrace.db.sql.Database;
import io.millrace.delivery.DeliveryId;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Lets deliveries be made again, under their ids. */
public final class Replays {

  // One that waits for its next attempt is due now; one under way is left alone. What is pending is
  // locked before what is kept, as whoever records an attempt does.
  private static final String REPLAY =
      """
      with pending as materialized (
        select p.id from delivery_pending p where p.id = any(?) order by p.id for update),
      wanted as (
        select d.id, d.destination, d.endpoint_id from delivery d
        where d.id = any(?) and d.id between ? and ? and d.tenant_id = ?
          and (select count(*) from pending) >= 0
          and (d.endpoint_id is null
            or exists (select from webhook_endpoint e where e.id = d.endpoint_id))
        order by d.id for update),
      queued as (
        insert into delivery_pending as p (id, destination, endpoint_id, due_at)
        select id, destination, endpoint_id, now() from wanted order by id
        on conflict (id) do update set due_at = excluded.due_at where p.worker_id is null),
      again as (
        update delivery d set state = 'pending', tries = 0, finished_at = null, undelivered_at = null
        from wanted where d.id = wanted.id and d.id between ? and ?)
      select id from wanted
      """;

  private final Database database;

  public Replays(Database database) {
    this.database = database;
  }

  /**
   * Begins the schedule of these deliveries anew, at once. Those of an endpoint that is paused or
   * disabled wait until it is resumed.
   *
   * @return those of them that the tenant has and whose endpoint was not deleted
   */
  public Set<DeliveryId> replay(int tenantId, Collection<DeliveryId> ids) {
    if (ids.isEmpty()) {
      return Set.of();
    }
    List<DeliveryId> ordered = ids.stream().distinct().sorted().toList();
    return database.single(connection -> {
      try (var update = connection.prepareStatement(REPLAY)) {
        new ArrayBinder<>(update, ordered)
            .uuids(DeliveryId::uuid)
            .uuids(DeliveryId::uuid)
            .scalar(ordered.getFirst().uuid())
            .scalar(ordered.getLast().uuid())
            .scalar(tenantId)
            .scalar(ordered.getFirst().uuid())
            .scalar(ordered.getLast().uuid());
        Set<DeliveryId> replayed = new HashSet<>();
        try (var rows = update.executeQuery()) {
          while (rows.next()) {
            replayed.add(Deliveries.id(rows, 1));
          }
        }
        return replayed;
      }
    });
  }
}
