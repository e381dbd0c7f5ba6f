package io.millrace.db.sql;

import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Whether PostgreSQL answers soon enough for a probe to learn of it, and if not, why and since
 * when. However many ask, one question is under way: a server that hangs must not be given the
 * whole pool to hang on to.
 */
public final class Reachability {

  private static final Duration PATIENCE = Duration.ofSeconds(2);

  private final Database database;
  private final Clock clock;
  private @Nullable CompletableFuture<Boolean> asking;
  private @Nullable Instant downSince;

  public Reachability(Database database, Clock clock) {
    this.database = database;
    this.clock = clock;
  }

  /** What a probe learned. */
  public sealed interface Answer {}

  /** It answers. */
  public record Up() implements Answer {}

  /**
   * It does not.
   *
   * @param reason in a sentence for whoever is on call; holds no address and no name
   * @param remedy what to do
   */
  public record Down(String reason, String remedy, Instant since) implements Answer {}

  /** Asks; answers within two seconds. */
  public Answer ask() throws InterruptedException {
    try {
      question().get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
      return up();
    } catch (TimeoutException silent) {
      return down(
          "PostgreSQL did not answer within 2 s",
          "Look at its load and locks, at the network between, and at hikaricp_connections_pending");
    } catch (ExecutionException failed) {
      return down(failed.getCause());
    }
  }

  private synchronized CompletableFuture<Boolean> question() {
    var current = asking;
    if (current == null || current.isDone()) {
      var fresh = new CompletableFuture<Boolean>();
      Thread.ofVirtual().start(() -> answer(fresh));
      asking = fresh;
      return fresh;
    }
    return current;
  }

  private void answer(CompletableFuture<Boolean> question) {
    try {
      question.complete(
          database.single(connection -> {
            try (var select = connection.prepareStatement("select 1")) {
              return select.execute();
            }
          }));
    } catch (RuntimeException | Error failure) {
      question.completeExceptionally(failure);
    }
  }

  private synchronized Answer up() {
    downSince = null;
    return new Up();
  }

  private synchronized Down down(String reason, String remedy) {
    if (downSince == null) {
      downSince = clock.instant();
    }
    return new Down(reason, remedy, downSince);
  }

  private Down down(@Nullable Throwable failure) {
    String state = sqlState(failure);
    return switch (state) {
      case "53100" ->
          down("PostgreSQL's disk is full", "Free room; what was accepted is safe, and waits");
      case "53300" ->
          down("PostgreSQL takes no more connections", "Raise max_connections, or run fewer pods");
      case "57P01", "57P02", "57P03" ->
          down("PostgreSQL is starting or stopping", "Wait; if it stays so, read its log");
      case "28P01", "28000" ->
          down("PostgreSQL refuses the user or its password", "Correct spring.datasource.*");
      case "3D000" -> down("The database does not exist", "Correct spring.datasource.url");
      default ->
          down(
              "PostgreSQL cannot be reached" + (state.isEmpty() ? "" : " (" + state + ")"),
              "See whether it runs, and whether spring.datasource.url leads to it");
    };
  }

  /** Of the innermost fault: the pool wraps what the server said. */
  private static String sqlState(@Nullable Throwable failure) {
    String state = "";
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof SQLException sql && sql.getSQLState() != null) {
        state = sql.getSQLState();
      }
    }
    return state;
  }
}
