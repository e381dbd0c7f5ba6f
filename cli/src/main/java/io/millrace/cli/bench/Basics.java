package io.millrace.cli.bench;

import io.millrace.cli.bench.Workload.Run;
import java.io.IOException;
import java.util.List;

/** N2, N3 and N5 by themselves, on an empty queue. */
final class Basics {

  private static final String PROCESSOR = ": processor time, µs for each job";

  private final Workspace workspace;
  private final Plan plan;
  private final Say say;

  Basics(Workspace workspace, Plan plan, Say say) {
    this.workspace = workspace;
    this.plan = plan;
    this.say = say;
  }

  /** N2. */
  Findings accepted() throws IOException, InterruptedException {
    var findings = Findings.empty();
    say.line("N2: starting api and Kafka, without a worker");
    try (var stack = BenchStack.start(workspace, Topology.of(Topology.Parts.API))) {
      var load = new Workload(stack, plan, say);
      say.line("N2: jobs accepted, for %d s".formatted(plan.window().toSeconds()));
      Run run = load.accept();
      findings.add(
          Figure.atLeast(
              "N2", "accepted, one per request", "jobs/s", run.window().perSecond(), Targets.N2));
      findings.add(processor("N2", run));
    }
    return findings;
  }

  /** N3 and N5, or one of them. */
  Findings wholeStack() throws IOException, InterruptedException {
    var findings = Findings.empty();
    say.line("Starting the whole stack in one process, as ./millrace up does");
    try (var stack = BenchStack.start(workspace, Topology.of(Topology.Parts.UP))) {
      var load = new Workload(stack, plan, say);
      if (plan.asksFor("n3")) {
        say.line(
            "N3: jobs from submission to recorded answer, for %d s"
                .formatted(plan.window().toSeconds()));
        Run run = load.endToEnd();
        findings.add(
            Figure.atLeast(
                "N3", "end to end, recorded", "jobs/s", run.window().perSecond(), Targets.N3));
        findings.add(
            Figure.plain("N3", "accepted meanwhile", "jobs/s", run.window().acceptedPerSecond()));
        findings.add(processor("N3", run));
        ways(findings, "N3", run);
      }
      if (plan.asksFor("n5")) {
        say.line(
            "N5: %d jobs/s at fixed times, for %d s"
                .formatted(Workload.RATE, plan.window().toSeconds()));
        Run run = load.firstByte();
        findings.add(
            Figure.atMost(
                "N5",
                "to first byte at Claude, p50",
                "ms",
                run.latency().millis(0.5),
                Targets.N5_P50),
            Figure.atMost("N5", "p99", "ms", run.latency().millis(0.99), Targets.N5_P99),
            Figure.plain("N5", "longest", "ms", run.latency().millis(1)));
        findings.add(processor("N5", run));
        ways(findings, "N5", run);
      }
    }
    return findings;
  }

  private static void ways(Findings findings, String number, Run run) {
    findings.add(Trace.breakdown(number + ": the way of a job, ms", run.trace()));
    if (!run.window().hops().isEmpty()) {
      findings.add(
          new Breakdown(
              number + ": hops as the services count them, ms",
              List.of("p50", "p99"),
              run.window().hops()));
    }
  }

  private static Breakdown processor(String number, Run run) {
    return new Breakdown(
        number + PROCESSOR,
        Workload.PROCESSOR_COLUMNS,
        List.of(
            Workload.processorRow("over %.0f s".formatted(run.window().seconds()), run.window())));
  }
}
