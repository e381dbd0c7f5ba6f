package io.millrace.cli.bench;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * Jobs that end at a steady rate, first with nobody waiting for them, then with thousands of
 * clients that each wait for one, and for the next one when it has ended.
 */
final class Watch {

  private static final String TRANSACTIONS =
      """
      select xact_commit + xact_rollback, tup_returned from pg_stat_database
      where datname = current_database()
      """;
  // Time for all clients to connect before the first job that one waits for may end.
  private static final Duration LEAD = Duration.ofSeconds(15);
  private static final Duration SETTLING = Duration.ofSeconds(3);
  private static final Duration MARGIN = Duration.ofSeconds(4);
  private static final double MEBI = 1024.0 * 1024.0;

  private final Workspace workspace;
  private final Plan plan;
  private final Say say;

  Watch(Workspace workspace, Plan plan, Say say) {
    this.workspace = workspace;
    this.plan = plan;
    this.say = say;
  }

  /**
   * What to measure.
   *
   * @param eventsPercent how many of the clients take events; the others poll
   */
  record Plan(
      int clients,
      int eventsPercent,
      int rate,
      Duration warmUp,
      Duration window,
      List<String> settings) {

    int jobsWithin(Duration time) {
      return (int) (rate * time.toMillis() / 1_000);
    }
  }

  /** One window's cost: per second, and in MiB. */
  private record Cost(
      double ended, double transactions, double apiMillis, double postgresMillis, double rss) {}

  Findings run() throws IOException, InterruptedException {
    say.line("Starting api, worker and Kafka");
    var topology =
        Topology.of(Topology.Parts.API_AND_WORKER)
            .withSettings(plan.settings().toArray(String[]::new));
    try (var stack = BenchStack.start(workspace, topology)) {
      Cost without = alone(stack);
      return watched(stack, without);
    }
  }

  private Cost alone(BenchStack stack) throws IOException, InterruptedException {
    int jobs = plan.jobsWithin(plan.warmUp().plus(plan.window()).plusSeconds(1));
    long start = start(jobs);
    say.line("nobody waiting: warming up for %d s".formatted(plan.warmUp().toSeconds()));
    Scheduled.submit(stack, jobs, start, plan.rate());
    WallClock.await(start + micros(plan.warmUp()));
    say.line("nobody waiting, for %d s".formatted(plan.window().toSeconds()));
    return cost(stack);
  }

  private Findings watched(BenchStack stack, Cost without)
      throws IOException, InterruptedException {
    // Everybody has a job to wait for until the window ends.
    int jobs = plan.clients() + plan.jobsWithin(SETTLING.plus(plan.window()).plus(MARGIN));
    long start = start(jobs) + micros(LEAD);
    say.line("submitting %,d jobs that end one by one".formatted(jobs));
    String[] ids = Scheduled.submit(stack, jobs, start, plan.rate());
    try (var watchers =
        Watchers.start(stack, ids, plan.clients(), plan.clients() * plan.eventsPercent() / 100)) {
      watchers.awaitConnected(start);
      say.line(
          "%,d clients wait; first job due in %.1f s"
              .formatted(watchers.waiting(), (start - WallClock.micros()) / 1e6));
      WallClock.await(start + micros(SETTLING));
      long from = WallClock.micros();
      say.line("waiting, for %d s".formatted(plan.window().toSeconds()));
      Cost with = cost(stack);
      long until = WallClock.micros();
      int waiting = watchers.waiting();
      watchers.awaitEnd(
          Duration.ofSeconds(60).plus(Duration.ofSeconds(plan.clients() / plan.rate())));
      return report(watchers, from, until, waiting, without, with);
    }
  }

  private Findings report(
      Watchers watchers, long from, long until, int waiting, Cost without, Cost with) {
    var findings = Findings.empty();
    Sample events = watchers.delays(true, from, until);
    Sample polls = watchers.delays(false, from, until);
    findings.add(
        Figure.plain("", "clients waiting at the end of the window", "", waiting),
        Figure.plain("", "ends told by an event", "", events.size()),
        Figure.plain("", "end to event, p50", "ms", events.millis(0.5)),
        Figure.plain("", "p99 of events", "ms", events.millis(0.99)),
        Figure.plain("", "longest of events", "ms", events.millis(1)),
        Figure.plain("", "ends told by a long poll", "", polls.size()),
        Figure.plain("", "end to answer, p50", "ms", polls.millis(0.5)),
        Figure.plain("", "p99 of answers", "ms", polls.millis(0.99)),
        Figure.plain("", "longest of answers", "ms", polls.millis(1)),
        Figure.plain("", "memory of the api process", "MiB", with.rss()));
    findings.add(
        new Breakdown(
            "each second",
            List.of("jobs", "trans.", "api ms", "postgres ms", "api MiB"),
            List.of(row("nobody waiting", without), row(plan.clients() + " waiting", with))));
    return findings;
  }

  private static Breakdown.Row row(String name, Cost cost) {
    return new Breakdown.Row(
        name,
        List.of(
            cost.ended(),
            cost.transactions(),
            cost.apiMillis(),
            cost.postgresMillis(),
            cost.rss()));
  }

  /** What a window takes from now on. */
  private Cost cost(BenchStack stack) throws IOException, InterruptedException {
    long began = System.nanoTime();
    long transactions = transactions(stack);
    long ended = stack.finished(Workload.LANE);
    Map<String, Long> processor = stack.processor();
    double memory = 0;
    while (System.nanoTime() - began < plan.window().toNanos()) {
      WallClock.pass(Duration.ofSeconds(1));
      memory = Math.max(memory, Processor.memory(stack.pid("api")) / MEBI);
    }
    Map<String, Long> after = stack.processor();
    long more = transactions(stack) - transactions;
    double seconds = (System.nanoTime() - began) / 1e9;
    return new Cost(
        (stack.finished(Workload.LANE) - ended) / seconds,
        more / seconds,
        used(processor, after, "api") / seconds,
        used(processor, after, "postgres") / seconds,
        memory);
  }

  private static double used(Map<String, Long> before, Map<String, Long> after, String process) {
    return (after.getOrDefault(process, 0L) - before.getOrDefault(process, 0L)) / 1e6;
  }

  private static long transactions(BenchStack stack) throws IOException {
    return Books.ask(
        stack,
        connection -> {
          try (var statement = connection.createStatement();
              var row = statement.executeQuery(TRANSACTIONS)) {
            row.next();
            return row.getLong(1);
          }
        });
  }

  /** When the first of so many jobs may begin: once all have been submitted. */
  private static long start(int jobs) {
    return WallClock.micros() + 3_000_000L + jobs * 1_000L;
  }

  private static long micros(Duration time) {
    return time.toMillis() * 1_000;
  }
}
