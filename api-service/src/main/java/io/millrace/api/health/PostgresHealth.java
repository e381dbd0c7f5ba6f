package io.millrace.api.health;

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
          // The endpoint is open to anybody: our own words only, no addresses.
          health
              .down()
              .withDetail("reason", reason)
              .withDetail("since", since.toString())
              .withDetail(
                  "consequence", "No job can be taken in or shown; requests are answered 503")
              .withDetail("remedy", remedy);
    }
  }
}
