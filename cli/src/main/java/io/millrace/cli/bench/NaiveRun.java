package io.millrace.cli.bench;

import io.millrace.cli.bench.Share.Span;
import io.millrace.model.ModelCatalogue;
import io.millrace.simulator.limit.Caller;
import io.millrace.simulator.limit.Use;
import java.time.Duration;
import java.util.List;

/** Measures the client without a limiter against the limits of a scenario, in a pool of its own. */
final class NaiveRun {

  private static final Duration WARM_UP = Duration.ofSeconds(10);

  private final BenchStack stack;
  private final Scenario scenario;
  private final String model;

  NaiveRun(BenchStack stack, Scenario scenario, String model) {
    this.stack = stack;
    this.scenario = scenario;
    this.model = model;
  }

  /** What came of it. */
  record Measured(List<Share> shares, Use use, NaiveClient.Count jobs, double seconds) {}

  Measured run(Duration window) throws InterruptedException {
    try (var client =
        NaiveClient.start(
            stack.simulator().baseUri(), scenario.mix(), model, scenario.naiveThreads())) {
      WallClock.pass(WARM_UP);
      long from = WallClock.micros() / 1_000_000 + 1;
      var span = new Span(from, from + window.toSeconds());
      WallClock.await(span.from() * 1_000_000);
      var before = client.count();
      WallClock.await(span.until() * 1_000_000);
      var history = stack.simulator().history(ModelCatalogue.bundled().pool(model));
      return new Measured(
          Share.of(history, Caller.OTHERS, scenario.limited(), span),
          Share.use(history, Caller.OTHERS, span),
          client.count().minus(before),
          (double) span.seconds());
    }
  }
}
