package io.millrace.cli.bench;

import io.millrace.db.sql.Database;
import java.io.IOException;
import org.jooq.exception.DataAccessException;

/** What PostgreSQL has of the load's jobs: measured is only what is really there. */
final class Books {

  private static final String COUNT =
      """
      select count(*), count(*) filter (where state = 'succeeded'), coalesce(sum(attempts), 0)
      from job where tenant_id = (select id from tenant where name = ?)
      """;

  private Books() {}

  /**
   * How many jobs there are.
   *
   * @param calls calls made for them
   */
  record Count(long jobs, long succeeded, long calls) {

    Count minus(Count earlier) {
      return new Count(jobs - earlier.jobs, succeeded - earlier.succeeded, calls - earlier.calls);
    }
  }

  static Count count(BenchStack stack) throws IOException {
    try (var database = Database.open(stack.database(), "bench", 1)) {
      return database.single(connection -> {
        try (var select = connection.prepareStatement(COUNT)) {
          select.setString(1, stack.tenant());
          try (var row = select.executeQuery()) {
            row.next();
            return new Count(row.getLong(1), row.getLong(2), row.getLong(3));
          }
        }
      });
    } catch (DataAccessException unreachable) {
      throw new IOException("the database could not be asked", unreachable);
    }
  }
}
