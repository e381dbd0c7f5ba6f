package io.millrace.cli.bench;

import io.millrace.cli.bench.Breakdown.Row;
import io.millrace.simulator.limit.Use;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;

/** What the scenarios of the rate came to, as figures with targets and as tables. */
final class RateFindings {

  private static final List<String> PROCESSES =
      List.of("api", "workers", "postgres", "kafka", "simulator");

  private final RatePlan plan;
  private final List<Rate.Outcome> outcomes;
  private final Findings findings = Findings.empty();

  RateFindings(RatePlan plan, List<Rate.Outcome> outcomes) {
    this.plan = plan;
    this.outcomes = outcomes;
  }

  Findings all() {
    for (Rate.Outcome outcome : outcomes) {
      figures(outcome.millrace());
    }
    highLimits();
    List<Row> used = new ArrayList<>();
    List<Row> calls = new ArrayList<>();
    List<Row> times = new ArrayList<>();
    for (Rate.Outcome outcome : outcomes) {
      used(used, outcome);
      calls(calls, outcome);
      times(times, outcome.millrace());
    }
    findings.add(
        new Breakdown(
            "used by the minute, %d workers, burst %s"
                .formatted(plan.workers(), plan.tight() ? "tight" : "usual"),
            List.of("limit", "available", "used", "%", "lowest, s"),
            used));
    findings.add(
        new Breakdown(
            "calls in the window",
            List.of(
                "s", "let through", "429", "429 %", "for req.", "for input", "for output", "lost"),
            calls));
    findings.add(
        new Breakdown(
            "the limiter at work, ms",
            List.of("draw mean", "draw p50", "draw p99", "held p50", "held p99", "waiting >="),
            times));
    findings.add(
        new Breakdown(
            "processors kept busy", PROCESSES, outcomes.stream().map(this::cores).toList()));
    return findings;
  }

  private Row cores(Rate.Outcome outcome) {
    var cores = outcome.millrace().cores();
    return new Row(
        outcome.millrace().scenario().name(),
        PROCESSES.stream().map(process -> cores.getOrDefault(process, Double.NaN)).toList());
  }

  private void figures(RateRun.Measured measured) {
    Scenario scenario = measured.scenario();
    Share binding = binding(measured.shares(), scenario);
    String words = binding.dimension().words();
    findings.add(
        Figure.atLeast(
            "P4",
            "%s: used of available %s".formatted(scenario.name(), words),
            "%",
            binding.percent(),
            Targets.P4_USED));
    switch (scenario.disturbance()) {
      case LOW ->
          findings.add(
              Figure.atMost(
                  "P4",
                  scenario.name() + ": 429 since the start",
                  "calls",
                  (double) measured.whole().refused(),
                  Targets.P4_REFUSED_LOW));
      case FOREIGN ->
          findings.add(
              Figure.atMost(
                  "P4",
                  scenario.name() + ": 429",
                  "%",
                  percentRefused(measured.use()),
                  Targets.P4_REFUSED_BESIDE_OTHERS));
      case KILL ->
          findings.add(
              Figure.atMost(
                  "P4",
                  scenario.name() + ": back at the target after",
                  "s",
                  measured.recovery().seconds(),
                  Targets.P4_RECOVERY),
              Figure.plain(
                  "P4",
                  scenario.name() + ": cost of the loss, of the limit",
                  "s",
                  measured.recovery().lost()));
      case NONE ->
          findings.add(
              Figure.plain("P4", scenario.name() + ": 429", "%", percentRefused(measured.use())));
    }
  }

  private void highLimits() {
    Use all =
        outcomes.stream()
            .map(Rate.Outcome::millrace)
            .filter(one -> !one.scenario().isLow())
            .filter(one -> one.scenario().disturbance() != Scenario.Disturbance.FOREIGN)
            .map(RateRun.Measured::use)
            .reduce(Use.NONE, Use::plus);
    if (all.requests() > 0) {
      findings.add(
          Figure.atMost(
              "P4",
              "high limits: 429 of %,d calls".formatted(all.requests() + all.refused()),
              "%",
              percentRefused(all),
              Targets.P4_REFUSED));
    }
  }

  private static Share binding(List<Share> shares, Scenario scenario) {
    return shares.stream()
        .filter(share -> share.dimension() == scenario.binding())
        .findFirst()
        .orElseThrow();
  }

  private static double percentRefused(Use use) {
    return 100.0 * use.refused() / Math.max(1, use.requests() + use.refused());
  }

  private static void used(List<Row> rows, Rate.Outcome outcome) {
    var millrace = outcome.millrace();
    var naive = outcome.naive();
    for (Share share : millrace.shares()) {
      boolean binds = share.dimension() == millrace.scenario().binding();
      String name = millrace.scenario().name() + ": " + share.dimension().words();
      rows.add(used(name + (binds ? " (binds)" : ""), share, seconds(millrace)));
    }
    if (naive != null) {
      Share share = binding(naive.shares(), millrace.scenario());
      double seconds = naive.seconds();
      rows.add(used("  naive: " + share.dimension().words(), share, seconds));
    }
  }

  private static double seconds(RateRun.Measured millrace) {
    return (double) millrace.span().seconds();
  }

  private static Row used(String name, Share share, double seconds) {
    return new Row(
        name,
        List.of(
            (double) share.limit(),
            share.available() / seconds * 60,
            share.used() / seconds * 60,
            share.percent(),
            share.lowest()));
  }

  private static void calls(List<Row> rows, Rate.Outcome outcome) {
    var millrace = outcome.millrace();
    var naive = outcome.naive();
    String name = millrace.scenario().name();
    rows.add(calls(name + ": Millrace", seconds(millrace), millrace.use(), Double.NaN));
    if (naive != null) {
      rows.add(
          calls(
              name + ": naive client",
              naive.seconds(),
              naive.use(),
              (double) naive.jobs().failed()));
    }
    if (millrace.scenario().disturbance() == Scenario.Disturbance.FOREIGN) {
      rows.add(
          calls(
              name + ": the other client",
              seconds(millrace),
              millrace.others(),
              (double) millrace.others().refused()));
    }
  }

  private static Row calls(String name, double seconds, Use use, double lost) {
    return new Row(
        name,
        List.of(
            seconds,
            (double) use.requests(),
            (double) use.refused(),
            percentRefused(use),
            (double) use.refusedForRequests(),
            (double) use.refusedForInput(),
            (double) use.refusedForOutput(),
            lost));
  }

  private static void times(List<Row> rows, RateRun.Measured measured) {
    NavigableMap<Double, Double> draws = measured.draws();
    NavigableMap<Double, Double> held = measured.held();
    rows.add(
        new Row(
            measured.scenario().name(),
            List.of(
                measured.meanDraw(),
                Metrics.quantileMillis(draws, 0.5),
                Metrics.quantileMillis(draws, 0.99),
                Metrics.quantileMillis(held, 0.5),
                Metrics.quantileMillis(held, 0.99),
                (double) measured.leastWaiting())));
  }
}
