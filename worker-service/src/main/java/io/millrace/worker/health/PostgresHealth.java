package io.millrace.worker.health;

import io.millrace.db.sql.Reachability;
import org.springframework.boot.health.contributor.AbstractHealthIndicator;
import org.springframework.boot.health.contributor.Health;

/** Whether PostgreSQL answers, and if not, why. */
final class PostgresHealth extends AbstractHealthIndicator {

  private final Reachability reachability;

  PostgresHealth(Reachability reachability) {
    this.reachability = reachability;
  }

  @Override
  protected void doHealthCheck(Health.Builder health) throws InterruptedException {
    switch (reachability.ask()) {
      case Reachability.Up _ -> health.up();
      case Reachability.Down(var reason, var remedy, var since) ->
          new Reason(
                  reason,
                  "Nothing is dispatched or claimed; outcomes of running calls wait in memory",
                  remedy)
              .on(health.down())
              .withDetail("since", since.toString());
    }
  }
}
