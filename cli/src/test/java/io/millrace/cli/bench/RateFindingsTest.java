package io.millrace.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cli.bench.Share.Recovery;
import io.millrace.cli.bench.Share.Span;
import io.millrace.simulator.limit.Dimension;
import io.millrace.simulator.limit.Use;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class RateFindingsTest {

  @Test
  void eachScenarioIsJudgedByItsOwnTargets() {
    Findings findings =
        new RateFindings(
                plan(),
                List.of(
                    outcome("requests", 0.98, new Use(2_940, 0, 0, 3, 0, 0)),
                    outcome("foreign", 0.96, new Use(1_000, 0, 0, 0, 9, 0)),
                    outcome("low requests", 1.0, new Use(150, 0, 0, 2, 0, 0))))
            .all();
    assertThat(findings.figures())
        .extracting(figure -> figure.what() + " " + (!figure.hasTarget() || figure.isMet()))
        .containsExactly(
            "requests: used of available requests true",
            "requests: 429 true",
            "foreign: used of available input tokens false",
            "foreign: 429 true",
            "low requests: used of available requests true",
            "low requests: 429 since the start false",
            "high limits: 429 of 2,943 calls false");
  }

  @Test
  void theClientWithoutALimiterStandsBeside() {
    Findings findings =
        new RateFindings(plan(), List.of(outcome("requests", 1, new Use(3_000, 0, 0, 0, 0, 0))))
            .all();
    assertThat(findings.breakdowns().get(1).rows())
        .extracting(Breakdown.Row::name)
        .containsExactly("requests: Millrace", "requests: naive client");
    assertThat(findings.breakdowns().get(1).rows().get(1).numbers())
        .startsWith(30.0, 1_400.0, 600.0, 30.0);
  }

  private static RatePlan plan() {
    return new RatePlan(
        Scenario.all(), 4, Duration.ofSeconds(60), Duration.ofSeconds(20), false, true);
  }

  private static Rate.Outcome outcome(String name, double share, Use use) {
    Scenario scenario =
        Scenario.all().stream().filter(one -> one.name().equals(name)).findFirst().orElseThrow();
    var naive =
        new NaiveRun.Measured(
            List.of(
                new Share(Dimension.REQUESTS, 3_000, 1_500, 1_400, 0),
                new Share(Dimension.INPUT_TOKENS, 3_000, 1_500, 1_400, 0)),
            new Use(1_400, 0, 0, 600, 0, 0),
            new NaiveClient.Count(1_400, 50),
            30);
    return new Rate.Outcome(
        new RateRun.Measured(
            scenario,
            new Span(100, 160),
            List.of(new Share(scenario.binding(), 3_000, 3_000, 3_000 * share, 1)),
            use,
            use,
            Use.NONE,
            500,
            Map.of(),
            new TreeMap<>(),
            2,
            new TreeMap<>(),
            new Recovery(0, 0)),
        scenario.naiveThreads() > 0 ? naive : null);
  }
}
