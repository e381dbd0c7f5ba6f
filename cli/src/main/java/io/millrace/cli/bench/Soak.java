package io.millrace.cli.bench;

import io.millrace.cli.bench.Breakdown.Row;
import io.millrace.cli.bench.JobMix.Kind;
import io.millrace.simulator.timing.Distribution;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Supplier;

/**
 * A bounded load while every fault strikes now and then and processes are killed; in the end the
 * books are compared with the provider's.
 */
final class Soak {

  private static final double MIB = 1024.0 * 1024;
  private static final Duration DRAIN = Duration.ofMinutes(4);
  private static final Duration ACCOUNT_FAULT_EVERY = Duration.ofSeconds(30);
  private static final JobMix MIX =
      JobMix.of(new Kind(0.7, 600, 0.5, false, 512), new Kind(0.3, 600, 0.5, true, 1_024));
  private static final String UNFINISHED = "select count(*) from job where finished_at is null";

  private final Workspace workspace;
  private final Plan plan;
  private final Say say;
  private final Topology topology;
  private final List<Minute> minutes = new ArrayList<>();
  private int kills;

  /**
   * What is to be done.
   *
   * @param perSecond jobs submitted
   * @param calm whether no process is killed
   * @param settings for api and workers
   */
  record Plan(Duration length, int perSecond, int workers, boolean calm, List<String> settings) {}

  /**
   * One minute.
   *
   * @param memory in MiB by process
   */
  private record Minute(
      double perSecond, double refused, long backlog, Map<String, Double> memory) {}

  Soak(Workspace workspace, Plan plan, Say say) {
    this.workspace = workspace;
    this.plan = plan;
    this.say = say;
    this.topology =
        Topology.of(Topology.Parts.API_AND_WORKER)
            .withWorkers(plan.workers())
            .withWorkerOptions("-Xmx512m")
            .withSettings(plan.settings().toArray(String[]::new));
  }

  Findings run() throws IOException, InterruptedException {
    say.line("Starting api, Kafka and %d workers, each in its process".formatted(plan.workers()));
    try (var stack = BenchStack.start(workspace, topology)) {
      stack.simulator().latency(Scenario.LATENCY);
      stack.simulator().outputTokens(new Distribution.LogNormal(100, 0.8));
      var faults = new SoakFaults(stack.simulator());
      faults.begin();
      try (var load = SoakLoad.start(stack, jobs(), plan.perSecond())) {
        long end = WallClock.micros() + plan.length().toNanos() / 1_000;
        for (int minute = 1; WallClock.micros() < end; minute++) {
          minute(minute, stack, load, faults);
        }
        load.stop();
        faults.end();
        say.line("Waiting until all jobs are at their end");
        drain(stack);
        return findings(stack, load);
      }
    }
  }

  private static Supplier<String> jobs() {
    var random = new SplittableRandom(20_261_120);
    return () ->
        "{\"timeout_seconds\":10,\"max_attempts\":20,\"params\":%s}"
            .formatted(MIX.some(random).params(Submission.MODEL));
  }

  private void minute(int number, BenchStack stack, SoakLoad load, SoakFaults faults)
      throws IOException, InterruptedException {
    long start = WallClock.micros();
    long accepted = load.accepted().size();
    long refused = load.refused();
    disturb(number, stack);
    for (long at = start; at < start + 60_000_000; at += ACCOUNT_FAULT_EVERY.toNanos() / 1_000) {
      WallClock.await(at);
      faults.strikeAccount();
    }
    WallClock.await(start + 60_000_000);
    double seconds = (WallClock.micros() - start) / 1e6;
    var minute =
        new Minute(
            (load.accepted().size() - accepted) / seconds,
            (double) (load.refused() - refused),
            backlog(stack),
            memory(stack));
    minutes.add(minute);
    say.line(
        "minute %d: %.1f jobs/s accepted, %.0f refused, %d not at their end, MiB: %s"
            .formatted(
                number, minute.perSecond, minute.refused, minute.backlog, words(minute.memory)));
  }

  private static String words(Map<String, Double> memory) {
    List<String> words = new ArrayList<>();
    memory.forEach((process, used) -> words.add("%s %.0f".formatted(process, used)));
    return String.join(", ", words);
  }

  /** A worker in each minute but the first, PostgreSQL and Kafka in one of five each. */
  private void disturb(int minute, BenchStack stack) throws IOException, InterruptedException {
    if (plan.calm() || minute == 1) {
      return;
    }
    kills++;
    switch (minute % 5) {
      case 0 -> {
        say.line("  kill -9 of Kafka; it is started again");
        stack.killKafka();
      }
      case 3 -> {
        say.line("  kill -9 of PostgreSQL; it is started again");
        stack.killPostgres();
      }
      default -> {
        String worker = stack.workers().getFirst();
        say.line("  kill -9 of %s; it is started again".formatted(worker));
        stack.kill(worker);
        stack.startWorker(worker, topology);
      }
    }
  }

  private static long backlog(BenchStack stack) {
    try {
      return Books.ask(
          stack,
          connection -> {
            try (var select = connection.prepareStatement(UNFINISHED);
                var row = select.executeQuery()) {
              row.next();
              return row.getLong(1);
            }
          });
    } catch (IOException away) {
      return -1;
    }
  }

  private static Map<String, Double> memory(BenchStack stack) {
    Map<String, Double> memory = new LinkedHashMap<>();
    stack.memory().forEach((process, bytes) -> memory.put(process, bytes / MIB));
    return memory;
  }

  private static void drain(BenchStack stack) throws InterruptedException {
    long giveUp = System.nanoTime() + DRAIN.toNanos();
    while (backlog(stack) != 0 && System.nanoTime() < giveUp) {
      WallClock.pass(Duration.ofSeconds(1));
    }
    // The last outcomes' events and sums follow in their own time.
    WallClock.pass(Duration.ofSeconds(2));
  }

  private Findings findings(BenchStack stack, SoakLoad load) throws IOException {
    var findings = Findings.empty();
    findings.add(
        Figure.plain("soak", "accepted", "jobs", (double) load.accepted().size()),
        Figure.plain(
            "soak", "not accepted, for the caller to repeat", "jobs", (double) load.refused()),
        Figure.plain("soak", "killed", "processes", kills));
    Conservation.check(stack, load.accepted()).figures().forEach(figure -> findings.add(figure));
    findings.add(
        Figure.plain(
            "soak",
            "backlog, slope",
            "jobs/min",
            Slope.perMinute(minutes.stream().map(minute -> (double) minute.backlog).toList())));
    List<String> processes = List.copyOf(minutes.getLast().memory.keySet());
    for (String process : processes) {
      findings.add(
          Figure.plain(
              "soak",
              "memory of " + process + ", slope",
              "MiB/min",
              Slope.perMinute(
                  minutes.stream()
                      .map(minute -> minute.memory.getOrDefault(process, Double.NaN))
                      .toList())));
    }
    List<String> columns = new ArrayList<>(List.of("jobs/s", "refused", "backlog"));
    columns.addAll(processes);
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < minutes.size(); i++) {
      Minute minute = minutes.get(i);
      List<Double> numbers =
          new ArrayList<>(List.of(minute.perSecond, minute.refused, (double) minute.backlog));
      processes.forEach(process -> numbers.add(minute.memory.getOrDefault(process, Double.NaN)));
      rows.add(new Row("minute " + (i + 1), numbers));
    }
    findings.add(new Breakdown("each minute, memory in MiB", columns, rows));
    return findings;
  }
}
