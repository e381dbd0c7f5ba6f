package io.millrace.db.webhook;

import io.millrace.db.sql.Database;
import io.millrace.delivery.DeliveryId;
import io.millrace.delivery.EndpointId;
import io.millrace.delivery.EventType;
import java.util.Optional;

/** Sends an endpoint an event that tells of nothing, on the way that all others take. */
public final class TestEvents {

  // The destination of what goes to an endpoint is the endpoint.
  private static final String SEND =
      """
      with made as (
        insert into delivery (id, tenant_id, endpoint_id, destination, event_type, occurred_at, body, state)
        select uuidv7(), e.tenant_id, e.id, e.id, ?, now(), event_body(?, json_build_object(
          'type', 'webhook_test', 'endpoint_id', wire_id('ep_', e.id))), 'pending'
        from webhook_endpoint e
        where e.id = ? and e.tenant_id = ? and e.state = 'active'
        returning id, endpoint_id, destination),
      queued as (
        insert into delivery_pending (id, endpoint_id, destination, due_at)
        select id, endpoint_id, destination, now() from made)
      select id from made
      """;

  private final Database database;

  public TestEvents(Database database) {
    this.database = database;
  }

  /** The delivery that was made; empty where that tenant has no such endpoint that is active. */
  public Optional<DeliveryId> send(int tenantId, EndpointId endpoint) {
    return database.single(connection -> {
      try (var insert = connection.prepareStatement(SEND)) {
        insert.setString(1, EventType.TEST);
        insert.setString(2, EventType.TEST);
        insert.setObject(3, endpoint.uuid());
        insert.setInt(4, tenantId);
        try (var rows = insert.executeQuery()) {
          return rows.next() ? Optional.of(Deliveries.id(rows, 1)) : Optional.empty();
        }
      }
    });
  }
}
