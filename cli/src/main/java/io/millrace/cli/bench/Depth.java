package io.millrace.cli.bench;

import io.millrace.cli.bench.Breakdown.Row;
import io.millrace.cli.bench.Workload.Run;
import io.millrace.model.ModelCatalogue;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * N7: N2, N3 and N5 without a backlog, with one, and with one beside an open snapshot, each three
 * on the same warm stack.
 */
final class Depth {

  private static final List<String> COLUMNS =
      List.of("without", "with", "ratio", "+ snapshot", "ratio");

  private final Workspace workspace;
  private final Plan plan;
  private final Say say;
  private final ModelCatalogue models = ModelCatalogue.bundled();
  private final Findings findings = Findings.empty();
  private final List<Row> rows = new ArrayList<>();
  private final List<Row> processor = new ArrayList<>();

  Depth(Workspace workspace, Plan plan, Say say) {
    this.workspace = workspace;
    this.plan = plan;
    this.say = say;
  }

  private interface Measure {
    Run run() throws IOException, InterruptedException;
  }

  Findings run() throws IOException, InterruptedException {
    accepted();
    besideAnotherPool();
    inTheSamePool();
    String depth = "%,d queued".formatted(plan.depth());
    findings.add(new Breakdown("N7: " + depth, COLUMNS, rows));
    findings.add(
        new Breakdown(
            "N7: processor time, µs for each job", Workload.PROCESSOR_COLUMNS, processor));
    return findings;
  }

  private void accepted() throws IOException, InterruptedException {
    say.line("N7: starting api and Kafka");
    try (var stack = BenchStack.start(workspace, Topology.of(Topology.Parts.API))) {
      var load = new Workload(stack, plan, say);
      List<Run> runs = new ArrayList<>();
      runs.add(measure("N2 without", load::accept));
      fill(stack, Backlog.inTheSamePool(plan.depth()));
      runs.add(measure("N2 with", load::accept));
      try (var _ = Snapshot.hold(stack.database())) {
        runs.add(measure("N2 beside a snapshot", load::accept));
      }
      rates("N2", runs, Targets.N2);
    }
  }

  private void besideAnotherPool() throws IOException, InterruptedException {
    say.line("N7: starting the whole stack; the backlog's pool may start one job a minute");
    String pool = models.pool(Backlog.otherModel(models));
    var topology =
        Topology.of(Topology.Parts.UP)
            .withSettings("--millrace.limits." + pool + ".requests-per-minute=1");
    try (var stack = BenchStack.start(workspace, topology)) {
      var load = new Workload(stack, plan, say);
      List<Run> full = new ArrayList<>();
      List<Run> calm = new ArrayList<>();
      full.add(measure("N3 without", load::endToEnd));
      calm.add(measure("N5 without", load::firstByte));
      fill(stack, Backlog.inAnotherPool(stack, models, plan.depth()));
      full.add(measure("N3 with", load::endToEnd));
      calm.add(measure("N5 with", load::firstByte));
      try (var _ = Snapshot.hold(stack.database())) {
        full.add(measure("N3 beside a snapshot", load::endToEnd));
        calm.add(measure("N5 beside a snapshot", load::firstByte));
      }
      rates("N3", full, Targets.N3);
      latencies(calm);
    }
  }

  private void inTheSamePool() throws IOException, InterruptedException {
    say.line("N7: starting the whole stack; the backlog is in the load's pool");
    try (var stack = BenchStack.start(workspace, Topology.of(Topology.Parts.UP))) {
      var load = new Workload(stack, plan, say);
      List<Run> runs = new ArrayList<>();
      runs.add(measure("N3 before the same pool's backlog", load::endToEnd));
      fill(stack, Backlog.inTheSamePool(plan.depth()));
      runs.add(measure("N3 while it is worked off", load::endToEndInCompany));
      try (var _ = Snapshot.hold(stack.database())) {
        runs.add(measure("N3 while it is, beside a snapshot", load::endToEndInCompany));
      }
      rates("N3, same pool", runs, Targets.N3);
    }
  }

  private void fill(BenchStack stack, List<Backlog.Kind> kinds)
      throws IOException, InterruptedException {
    say.line("N7: queueing %,d jobs".formatted(plan.depth()));
    long start = System.nanoTime();
    new Backlog(stack.database()).fill(kinds);
    say.line("  done in %.0f s".formatted((System.nanoTime() - start) / 1e9));
  }

  private Run measure(String name, Measure measure) throws IOException, InterruptedException {
    say.line("N7: %s, %d s".formatted(name, plan.window().toSeconds()));
    Run run = measure.run();
    processor.add(Workload.processorRow(name, run.window()));
    return run;
  }

  private void rates(String name, List<Run> runs, double target) {
    row(name + ", jobs/s", runs.stream().map(run -> run.window().perSecond()).toList());
    findings.add(
        Figure.plain("N7", name + " without", "jobs/s", runs.get(0).window().perSecond()),
        Figure.atLeast("N7", name + " with it", "jobs/s", runs.get(1).window().perSecond(), target),
        Figure.atLeast(
            "N7",
            name + " with it beside a snapshot",
            "jobs/s",
            runs.get(2).window().perSecond(),
            target));
  }

  private void latencies(List<Run> runs) {
    latencies("p50", 0.5, Targets.N5_P50, runs);
    latencies("p99", 0.99, Targets.N5_P99, runs);
  }

  private void latencies(String name, double share, double target, List<Run> runs) {
    row("N5 " + name + ", ms", runs.stream().map(run -> run.latency().millis(share)).toList());
    String what = "N5 " + name;
    findings.add(
        Figure.plain("N7", what + " without", "ms", runs.get(0).latency().millis(share)),
        Figure.atMost("N7", what + " with it", "ms", runs.get(1).latency().millis(share), target),
        Figure.atMost(
            "N7",
            what + " with it beside a snapshot",
            "ms",
            runs.get(2).latency().millis(share),
            target));
  }

  private void row(String name, List<Double> values) {
    double without = values.get(0);
    rows.add(
        new Row(
            name,
            List.of(
                without,
                values.get(1),
                values.get(1) / without,
                values.get(2),
                values.get(2) / without)));
  }
}
