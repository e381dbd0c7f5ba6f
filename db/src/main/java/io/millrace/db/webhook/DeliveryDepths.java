package io.millrace.db.webhook;

import io.millrace.db.sql.Database;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/** How much is to be delivered, and how late it is; no answer takes longer the more there is. */
public final class DeliveryDepths {

  private static final int EXACT = 10_000;

  private static final String PENDING =
      """
      select case when counted <= %1$d then counted
        else greatest(counted, (select reltuples::bigint from pg_class where oid = 'delivery_pending'::regclass)) end
      from (select count(*) as counted from (select from delivery_pending limit %1$d + 1) bounded) c
      """
          .formatted(EXACT);

  private static final String OLDEST_DUE =
      """
      with recursive known as (
        (select destination, endpoint_id from delivery_pending order by destination limit 1)
        union all
        select next.destination, next.endpoint_id from known, lateral (
          select destination, endpoint_id from delivery_pending
          where destination > known.destination order by destination limit 1) next)
      select coalesce((extract(epoch from now() - min(head.due_at)) * 1000)::bigint, 0)
      from known
      cross join lateral (
        select due_at from delivery_pending p
        where p.destination = known.destination and p.due_at <= now() order by p.due_at limit 1) head
      where (known.endpoint_id is null
          or exists (select from webhook_endpoint e where e.id = known.endpoint_id and e.state = 'active'))
        and not exists (select from delivery_pace s where s.destination = known.destination)
      """;

  private final Database database;

  public DeliveryDepths(Database database) {
    this.database = database;
  }

  /** Deliveries that are pending. */
  public long pending() {
    return number(PENDING);
  }

  /**
   * How long the longest waiting one has been due, of destinations that are sent to at full pace.
   */
  public Duration oldestDue() {
    return Duration.ofMillis(number(OLDEST_DUE));
  }

  /** Disabled endpoints, by why. */
  public Map<String, Long> disabled() {
    return database.single(connection -> {
      Map<String, Long> disabled = new HashMap<>(Map.of("gone", 0L, "failing", 0L));
      try (var select =
              connection.prepareStatement(
                  "select disabled_reason, count(*) from webhook_endpoint where state = 'disabled'"
                      + " group by disabled_reason");
          var rows = select.executeQuery()) {
        while (rows.next()) {
          disabled.put(rows.getString(1), rows.getLong(2));
        }
      }
      return disabled;
    });
  }

  private long number(String query) {
    return database.single(connection -> {
      try (var select = connection.prepareStatement(query)) {
        return number(select.executeQuery());
      }
    });
  }

  private static long number(ResultSet result) throws SQLException {
    try (var rows = result) {
      rows.next();
      return rows.getLong(1);
    }
  }
}
