package io.millrace.cli.bench;

import io.millrace.cli.bench.Breakdown.Row;
import io.millrace.job.Lane;
import io.millrace.model.ModelCatalogue;
import io.millrace.simulator.limit.Limits;
import io.millrace.simulator.limit.PoolLimits;
import io.millrace.simulator.timing.Distribution;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * P5: how long the jobs of many small tenants wait in a limited pool, first alone, then beside one
 * tenant's huge backlog in the same pool and lane.
 */
final class Fairness {

  static final int SMALL_TENANTS = 99;
  private static final int JOBS_EACH = 10;
  private static final int PER_MINUTE = 3_000;
  private static final int WARM_UP_JOBS = 500;
  private static final String BIG = "big";
  private static final Duration ALONE = Duration.ofMinutes(5);

  // Whoever waits longer than that counts with what he has waited so far.
  private static final Duration BESIDE = Duration.ofSeconds(150);
  private static final Duration WORKED_OFF = Duration.ofSeconds(10);

  // From a job's commit to its first call; of a job that was not called yet, so far.
  private static final String WAITS =
      """
      select (extract(epoch from coalesce(a.started_at, now()) - j.created_at) * 1000000)::bigint
      from job j left join attempt a on a.job_id = j.id and a.no = 1
      where j.tenant_id in (select id from tenant where name like ?)
      """;
  private static final String LEFT =
      """
      select count(*) from job
      where finished_at is null and tenant_id in (select id from tenant where name like ?)
      """;
  private static final String STARTED =
      """
      select count(*) from job
      where started_at is not null and tenant_id in (select id from tenant where name like ?)
      """;

  private final Workspace workspace;
  private final int jobs;
  private final int waves;
  private final List<String> settings;
  private final Say say;

  /**
   * Makes one.
   *
   * @param jobs of the one large tenant
   * @param waves how often the small ones come, with it and without it
   */
  Fairness(Workspace workspace, int jobs, int waves, List<String> settings, Say say) {
    this.workspace = workspace;
    this.jobs = jobs;
    this.waves = waves;
    this.settings = settings;
    this.say = say;
  }

  Findings run() throws IOException, InterruptedException {
    String pool = ModelCatalogue.bundled().pool(Submission.MODEL);
    List<String> all = new ArrayList<>(settings);
    all.addFirst("--millrace.limits." + pool + ".requests-per-minute=" + PER_MINUTE);
    say.line("Starting api, Kafka and a worker, each in its process");
    var topology =
        Topology.of(Topology.Parts.API_AND_WORKER).withSettings(all.toArray(String[]::new));
    try (var stack = BenchStack.start(workspace, topology)) {
      stack.simulator().latency(Scenario.LATENCY);
      stack.simulator().outputTokens(new Distribution.LogNormal(50, 0.6));
      stack
          .simulator()
          .limits(
              Limits.unlimited()
                  .with(
                      pool,
                      new PoolLimits(PER_MINUTE, PoolLimits.UNLIMITED, PoolLimits.UNLIMITED)));
      return run(stack);
    }
  }

  private Findings run(BenchStack stack) throws IOException, InterruptedException {
    say.line("Warming up with %d jobs".formatted(WARM_UP_JOBS));
    submit(stack, List.of(kind("warm-up", WARM_UP_JOBS)));
    if (!isDone(stack, "warm-up", ALONE)) {
      throw new IOException("the jobs of the warm-up do not come to their end");
    }
    Sample without = wave(stack, "without", ALONE);
    say.line("Queueing %,d jobs of one tenant".formatted(jobs));
    long start = System.nanoTime();
    new Backlog(stack.database()).fill(List.of(kind(BIG, jobs)));
    say.line("  done in %.0f s".formatted((System.nanoTime() - start) / 1e9));
    // Until then it has found its place among the others.
    WallClock.pass(WORKED_OFF);
    long before = ask(stack, STARTED, BIG).getFirst();
    long from = System.nanoTime();
    Sample with = wave(stack, "with", BESIDE);
    double seconds = (System.nanoTime() - from) / 1e9;
    long started = ask(stack, STARTED, BIG).getFirst() - before;
    long left = ask(stack, LEFT, BIG).getFirst();
    if (left == 0) {
      throw new IOException(
          "the large tenant's jobs were used up; more of them are needed: --jobs");
    }
    return findings(without, with, started / seconds, left);
  }

  private Findings findings(Sample without, Sample with, double bigPerSecond, long left) {
    var findings = Findings.empty();
    findings.add(
        Figure.plain("P5", "small tenants' wait alone, p99", "ms", without.millis(0.99)),
        Figure.plain("P5", "beside %,d jobs, p99".formatted(jobs), "ms", with.millis(0.99)),
        Figure.atMost(
            "P5",
            "the second by the first",
            "times",
            with.millis(0.99) / without.millis(0.99),
            Targets.P5));
    findings.add(
        new Breakdown(
            "wait from commit to first call, ms",
            List.of("jobs", "p50", "p90", "p99", "longest"),
            List.of(row("alone", without), row("beside the large tenant", with))));
    findings.add(
        new Breakdown(
            "the large tenant meanwhile",
            List.of("jobs/s", "left"),
            List.of(
                new Row(
                    "of %d/s".formatted(PER_MINUTE / 60), List.of(bigPerSecond, (double) left)))));
    return findings;
  }

  private static Row row(String name, Sample sample) {
    return new Row(
        name,
        List.of(
            (double) sample.size(),
            sample.millis(0.5),
            sample.millis(0.9),
            sample.millis(0.99),
            sample.millis(1)));
  }

  /** All small tenants at once, and again when they are done. */
  private Sample wave(BenchStack stack, String name, Duration bound)
      throws IOException, InterruptedException {
    List<Long> waits = new ArrayList<>();
    for (int i = 1; i <= waves; i++) {
      say.line(
          "Small tenants, %s: %d x %d jobs, %d of %d"
              .formatted(name, SMALL_TENANTS, JOBS_EACH, i, waves));
      String prefix = "small-%s-%d-".formatted(name, i);
      submit(
          stack,
          IntStream.range(0, SMALL_TENANTS).mapToObj(n -> kind(prefix + n, JOBS_EACH)).toList());
      if (!isDone(stack, prefix + "%", bound)) {
        say.line(
            "  %d of them are not done after %d s"
                .formatted(ask(stack, LEFT, prefix + "%").getFirst(), bound.toSeconds()));
      }
      waits.addAll(ask(stack, WAITS, prefix + "%"));
    }
    return Sample.of(waits.stream().mapToLong(wait -> wait).toArray());
  }

  private static Backlog.Kind kind(String tenant, int count) {
    return new Backlog.Kind(tenant, Submission.MODEL, Lane.STANDARD, false, count);
  }

  private static void submit(BenchStack stack, List<Backlog.Kind> kinds)
      throws IOException, InterruptedException {
    new Backlog(stack.database()).submit(kinds);
  }

  private static boolean isDone(BenchStack stack, String tenants, Duration bound)
      throws IOException, InterruptedException {
    long giveUp = System.nanoTime() + bound.toNanos();
    while (System.nanoTime() < giveUp) {
      if (ask(stack, LEFT, tenants).getFirst() == 0) {
        return true;
      }
      WallClock.pass(Duration.ofMillis(500));
    }
    return false;
  }

  private static List<Long> ask(BenchStack stack, String question, String tenants)
      throws IOException {
    return Books.ask(
        stack,
        connection -> {
          List<Long> numbers = new ArrayList<>();
          try (var select = connection.prepareStatement(question)) {
            select.setString(1, tenants);
            try (var row = select.executeQuery()) {
              while (row.next()) {
                numbers.add(row.getLong(1));
              }
            }
          }
          return numbers;
        });
  }
}
