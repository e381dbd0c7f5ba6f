package io.millrace.api.health;

import io.millrace.db.sql.Database;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
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
  protected void doHealthCheck(Health.Builder health) throws Exception {
    var answer = new CompletableFuture<Boolean>();
    Thread.ofVirtual().start(() -> ask(answer));
    try {
      health.status(answer.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS) ? "UP" : "DOWN");
    } catch (TimeoutException silent) {
      health.down();
    }
  }

  private void ask(CompletableFuture<Boolean> answer) {
    try {
      answer.complete(database.dsl().selectOne().fetchOne() != null);
    } catch (RuntimeException away) {
      answer.complete(false);
    }
  }
}
