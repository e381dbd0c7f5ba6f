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

  private static final String FAILED_CALLS =
      """
      select string_agg(code || ' ' || calls, ', ' order by calls desc)
      from (select coalesce(code, outcome) as code, count(*) as calls from attempt
            where outcome <> 'succeeded' group by 1) as failed
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
    return ask(
        stack,
        connection -> {
          try (var select = connection.prepareStatement(COUNT)) {
            select.setString(1, stack.tenant());
            try (var row = select.executeQuery()) {
              row.next();
              return new Count(row.getLong(1), row.getLong(2), row.getLong(3));
            }
          }
        });
  }

  /** The codes of the calls that did not succeed since the start, and how many there were. */
  static String failedCalls(BenchStack stack) throws IOException {
    return ask(
        stack,
        connection -> {
          try (var select = connection.prepareStatement(FAILED_CALLS);
              var row = select.executeQuery()) {
            row.next();
            return String.valueOf(row.getString(1));
          }
        });
  }

  /** A question of the database's own, on a connection of its own. */
  static <R> R ask(BenchStack stack, Database.Work<R> question) throws IOException {
    try (var database = Database.open(stack.database(), "bench", 1)) {
      return database.single(question);
    } catch (DataAccessException unreachable) {
      throw new IOException("the database could not be asked", unreachable);
    }
  }
}
