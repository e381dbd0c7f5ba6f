package io.millrace.testkit;

import io.millrace.db.sql.Database;
import java.time.Duration;
import java.util.List;

/**
 * The clock of deliveries, which is the database's: it is moved by moving what is compared with it.
 */
public final class DeliveryTime {

  private static final List<String> MOVE =
      List.of(
          "update delivery_pending set due_at = due_at - ? * interval '1 millisecond'"
              + " where worker_id is null",
          "update webhook_endpoint set failing_since = failing_since - ? * interval '1 millisecond'",
          "update delivery_pace set open_from = open_from - ? * interval '1 millisecond'");

  private DeliveryTime() {}

  /**
   * Lets that much time pass for whatever waits: due times, rests of destinations, how long
   * endpoints have failed. What is under way at the moment does not notice.
   */
  public static void passes(Database database, Duration time) {
    MOVE.forEach(statement -> database.dsl().execute(statement, time.toMillis()));
  }
}
