package io.millrace.cli.bench;

import io.millrace.db.job.NewJob;
import io.millrace.db.job.Submissions;
import io.millrace.db.sql.Database;
import io.millrace.db.tenant.Tenants;
import io.millrace.job.JobId;
import io.millrace.job.Keeping;
import io.millrace.job.Lane;
import io.millrace.model.ModelCatalogue;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.jooq.exception.DataAccessException;
import org.jspecify.annotations.Nullable;

/**
 * Fills a stack's queue through the store that intake uses, in large transactions: these are jobs
 * like any others, with their requests.
 */
final class Backlog {

  private static final String TENANT = "backlog";
  private static final int BATCH = 2_000;
  private static final int THREADS = 3;
  private static final Duration LATER = Duration.ofHours(20);

  private final Database.Address address;

  Backlog(Database.Address address) {
    this.address = address;
  }

  /**
   * Jobs of a kind.
   *
   * @param tenant whose they are
   * @param later whether they are scheduled for later, rather than ready
   */
  record Kind(String tenant, String model, Lane lane, boolean later, int jobs) {}

  /** A model of a pool that the load's jobs have no part in. */
  static String otherModel(ModelCatalogue models) {
    String pool = models.pool(Submission.MODEL);
    return models.models().stream()
        .filter(model -> !model.pool().equals(pool))
        .findFirst()
        .orElseThrow()
        .id();
  }

  /**
   * Nine tenths ready in a pool that may start one job a minute, so that the dispatcher meets them
   * in each round, and one tenth scheduled in the load's own queue.
   */
  static List<Kind> inAnotherPool(BenchStack stack, ModelCatalogue models, int jobs) {
    int later = jobs / 10;
    return List.of(
        new Kind(TENANT, otherModel(models), Lane.STANDARD, false, jobs - later),
        new Kind(stack.tenant(), Submission.MODEL, Lane.STANDARD, true, later));
  }

  /** All ready in the load's own pool, in the lane behind it. */
  static List<Kind> inTheSamePool(int jobs) {
    return List.of(new Kind(TENANT, Submission.MODEL, Lane.BULK, false, jobs));
  }

  /** Enters them. */
  void submit(List<Kind> kinds) throws IOException, InterruptedException {
    try (var database = Database.open(address, "backlog", THREADS)) {
      for (Kind kind : kinds) {
        fill(database, kind);
      }
    } catch (DataAccessException unreachable) {
      throw new IOException("the backlog could not be stored", unreachable);
    }
  }

  /**
   * Enters them; leaves the tables as autovacuum and a checkpoint would find time to leave them.
   */
  void fill(List<Kind> kinds) throws IOException, InterruptedException {
    submit(kinds);
    try (var connection =
            DriverManager.getConnection(address.url(), address.username(), address.password());
        var statement = connection.createStatement()) {
      statement.execute("vacuum (analyze) job");
      statement.execute("analyze request");
      statement.execute("checkpoint");
    } catch (SQLException failure) {
      throw new IOException("the backlog could not be put in order", failure);
    }
  }

  private static void fill(Database database, Kind kind) throws IOException, InterruptedException {
    var submissions = new Submissions(database);
    int tenant = new Tenants(database).ensure(kind.tenant());
    String pool = ModelCatalogue.bundled().pool(kind.model());
    var left = new AtomicInteger(kind.jobs());
    try (var threads = Executors.newFixedThreadPool(THREADS)) {
      List<Future<?>> all = new ArrayList<>();
      for (int i = 0; i < THREADS; i++) {
        all.add(
            threads.submit(() -> {
              for (int n = take(left); n > 0; n = take(left)) {
                submissions.submit(jobs(kind, tenant, pool, n));
              }
            }));
      }
      for (Future<?> one : all) {
        one.get();
      }
    } catch (ExecutionException failure) {
      throw new IOException("the backlog could not be stored", failure.getCause());
    }
  }

  private static int take(AtomicInteger left) {
    return Math.min(BATCH, left.getAndAdd(-BATCH));
  }

  private static List<NewJob> jobs(Kind kind, int tenant, String pool, int count) {
    var random = new SecureRandom();
    byte[] params =
        Submission.params(kind.model(), Workload.PROMPT_BYTES).getBytes(StandardCharsets.US_ASCII);
    var request = new NewJob.Request(params, "2026-10-21", List.of(), List.of(), null, null, null);
    Instant now = Instant.now();
    @Nullable Instant runAt = kind.later() ? now.plus(LATER) : null;
    List<NewJob> jobs = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      jobs.add(
          new NewJob(
              JobId.create(now, random),
              tenant,
              kind.lane(),
              pool,
              kind.model(),
              runAt,
              null,
              6,
              Duration.ofMinutes(10),
              true,
              300,
              64,
              null,
              null,
              null,
              null,
              null,
              Keeping.STANDARD,
              request,
              null));
    }
    return jobs;
  }
}
