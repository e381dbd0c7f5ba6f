package io.millrace.api.health;

import io.millrace.api.patience.Patience;
import io.millrace.api.problem.Refused;
import io.millrace.db.sql.Database;
import java.time.Duration;
import org.jooq.exception.DataAccessException;
import org.springframework.boot.health.contributor.AbstractHealthIndicator;
import org.springframework.boot.health.contributor.Health;

/** Whether PostgreSQL answers soon enough for a probe to learn of it. */
final class PostgresHealth extends AbstractHealthIndicator {

  private static final Duration PATIENCE = Duration.ofSeconds(2);

  private final Database database;

  PostgresHealth(Database database) {
    this.database = database;
  }

  @Override
  protected void doHealthCheck(Health.Builder health) throws InterruptedException {
    try {
      Patience.within(PATIENCE, () -> database.dsl().selectOne().fetchOne());
      health.up();
    } catch (Refused | DataAccessException silent) {
      // Without detail: the endpoint is open to anybody.
      health.down();
    }
  }
}
