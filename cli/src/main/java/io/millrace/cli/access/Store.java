package io.millrace.cli.access;

import io.millrace.cli.terminal.Arguments;
import io.millrace.cli.terminal.Exit;
import io.millrace.cli.terminal.Misused;
import io.millrace.cli.terminal.Terminal;
import io.millrace.db.sql.Database;
import io.millrace.db.sql.Failures;
import io.millrace.embedded.RunningPostgres;
import io.millrace.embedded.ServerFailed;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Objects;
import java.util.Set;
import org.jooq.exception.DataAccessException;
import org.jspecify.annotations.Nullable;

/**
 * The database that a command works on: that of {@code SPRING_DATASOURCE_URL}, or with {@code
 * --data} that of an {@code up} or {@code infra} on this machine.
 */
record Store(Terminal terminal, Arguments arguments) {

  static final String DATA = "--data";

  private static final Duration CONNECT = Duration.ofSeconds(5);

  /** No such table, no such column: another version's schema, or none. */
  private static final Set<String> NO_SCHEMA = Set.of("42P01", "42703");

  /** What a command does with the database. */
  @FunctionalInterface
  interface Work {
    int on(Database database);
  }

  /** Runs a command for which the schema is made where it is missing. */
  int migrated(Work work) {
    return on(database -> {
      database.migrate();
      return work.on(database);
    });
  }

  /** Runs a command, and knows the exit code for what goes wrong with the database. */
  int on(Work work) {
    Database.Address address = address();
    try (var database = Database.open(address, "millrace-command", 2)) {
      // Says within seconds, and exactly, what is wrong; the pool and the migration would try on.
      database.dedicated("millrace-command", CONNECT).close();
      return work.on(database);
    } catch (DataAccessException | SQLException failure) {
      return failed(address, failure);
    }
  }

  private int failed(Database.Address address, Exception failure) {
    SQLException sql = sql(failure);
    String state = sql == null ? null : sql.getSQLState();
    if (state != null && NO_SCHEMA.contains(state)) {
      return say(
          Exit.FAILED,
          "%s holds no Millrace of this version yet; './millrace keys create' or the api's start brings it up to date"
              .formatted(address));
    }
    String reason = String.valueOf((sql == null ? failure : sql).getMessage());
    return Failures.isConnection(failure)
        ? say(Exit.UNREACHABLE, "The database of %s does not answer: %s".formatted(address, reason))
        : say(Exit.FAILED, "The database of %s refuses: %s".formatted(address, reason));
  }

  private int say(int exit, String message) {
    terminal.err().println("millrace: " + message);
    return exit;
  }

  private static @Nullable SQLException sql(Exception failure) {
    for (Throwable at = failure; at != null; at = at.getCause()) {
      if (at instanceof SQLException sql) {
        return sql;
      }
    }
    return null;
  }

  private Database.Address address() {
    String data = arguments.value(DATA);
    if (data != null) {
      return running(Path.of(data).toAbsolutePath().normalize());
    }
    String url = terminal.variable("SPRING_DATASOURCE_URL");
    if (url == null) {
      throw new Misused(
          "SPRING_DATASOURCE_URL is not set: it names the database, with SPRING_DATASOURCE_USERNAME and SPRING_DATASOURCE_PASSWORD; --data <directory> names that of a running ./millrace up or infra.");
    }
    if (!url.startsWith("jdbc:postgresql:")) {
      throw new Misused("SPRING_DATASOURCE_URL should read jdbc:postgresql://<host>/<database>.");
    }
    return new Database.Address(
        url,
        Objects.requireNonNullElse(terminal.variable("SPRING_DATASOURCE_USERNAME"), ""),
        Objects.requireNonNullElse(terminal.variable("SPRING_DATASOURCE_PASSWORD"), ""));
  }

  private static Database.Address running(Path data) {
    try {
      return RunningPostgres.in(data.resolve("postgres"))
          .map(server ->
              new Database.Address(server.jdbcUrl(), server.username(), server.password()))
          .orElseThrow(() ->
              new Misused(
                  "No database runs on the data in %s: start ./millrace up or infra with it first."
                      .formatted(data)));
    } catch (ServerFailed unreadable) {
      throw new Misused(String.valueOf(unreadable.getMessage()));
    }
  }
}
