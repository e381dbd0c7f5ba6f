package io.millrace.cli.bench;

import io.millrace.model.ModelCatalogue;
import io.millrace.simulator.limit.Limits;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The scenarios of the rate, one after the other on one stack; those of low limits together. */
final class Rate {

  private static final Duration LONGEST_NAIVE = Duration.ofSeconds(30);
  private static final Duration TIGHT_TOKENS = Duration.ofSeconds(5);

  // Many workers on one machine, each with little to do: their second compilers would take more
  // time than they save in so short a life.
  private static final String[] WORKER_OPTIONS = {
    "-Xmx320m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"
  };

  private final Workspace workspace;
  private final RatePlan plan;
  private final Say say;
  private final ModelCatalogue models = ModelCatalogue.bundled();
  private final Topology topology;

  /**
   * Makes one.
   *
   * @param settings further ones for api and workers
   */
  Rate(Workspace workspace, RatePlan plan, List<String> settings, Say say) {
    this.workspace = workspace;
    this.plan = plan;
    this.say = say;
    this.topology =
        Topology.of(Topology.Parts.API_AND_WORKER)
            .withSettings(
                Stream.concat(limits(plan.scenarios()), settings.stream()).toArray(String[]::new))
            .withWorkerOptions(WORKER_OPTIONS)
            .withWorkers(plan.workers());
  }

  private Stream<String> limits(List<Scenario> scenarios) {
    return scenarios.stream()
        .flatMap(scenario -> {
          String prefix = "--millrace.limits." + models.pool(scenario.model()) + ".";
          return Stream.of(
              prefix + "requests-per-minute=" + scenario.limits().requests(),
              prefix + "input-tokens-per-minute=" + scenario.limits().inputTokens(),
              prefix + "output-tokens-per-minute=" + scenario.limits().outputTokens());
        });
  }

  /** One scenario's outcome, with that of the client without a limiter where it was asked for. */
  record Outcome(RateRun.Measured millrace, NaiveRun.@Nullable Measured naive) {}

  Findings run() throws IOException, InterruptedException {
    List<Outcome> outcomes = new ArrayList<>();
    say.line("Starting api, Kafka and %d workers, each in its process".formatted(plan.workers()));
    try (var stack = BenchStack.start(workspace, topology)) {
      stack.simulator().latency(Scenario.LATENCY);
      for (Scenario scenario : plan.scenarios()) {
        if (!scenario.isLow()) {
          outcomes.add(run(stack, scenario));
        }
      }
      outcomes.addAll(low(stack, plan.scenarios().stream().filter(Scenario::isLow).toList()));
    }
    return new RateFindings(plan, outcomes).all();
  }

  private Outcome run(BenchStack stack, Scenario scenario)
      throws IOException, InterruptedException {
    String naive = Scenario.NAIVE_MODELS.getFirst();
    prepare(stack, List.of(scenario));
    say.line("%s: warming up for %d s".formatted(scenario.name(), plan.warmUp().toSeconds()));
    var millrace = new RateRun(stack, topology, scenario, plan, say).run();
    if (!plan.naive() || scenario.naiveThreads() == 0) {
      return new Outcome(millrace, null);
    }
    say.line("  %s: the client without a limiter".formatted(scenario.name()));
    var window = plan.window().compareTo(LONGEST_NAIVE) > 0 ? LONGEST_NAIVE : plan.window();
    return new Outcome(millrace, new NaiveRun(stack, scenario, naive).run(window));
  }

  // They take long and next to nothing else, so they share the time.
  private List<Outcome> low(BenchStack stack, List<Scenario> scenarios)
      throws IOException, InterruptedException {
    if (scenarios.isEmpty()) {
      return List.of();
    }
    prepare(stack, scenarios);
    say.line("low limits: warming up for %d s".formatted(plan.warmUp().toSeconds()));
    List<Callable<RateRun.Measured>> millraces = new ArrayList<>();
    List<Callable<NaiveRun.Measured>> naives = new ArrayList<>();
    for (int i = 0; i < scenarios.size(); i++) {
      Scenario scenario = scenarios.get(i);
      millraces.add(new RateRun(stack, topology, scenario, plan, say)::run);
      var naive = new NaiveRun(stack, scenario, Scenario.NAIVE_MODELS.get(i));
      naives.add(() -> naive.run(plan.window(scenario)));
    }
    try (var threads = Executors.newCachedThreadPool()) {
      List<Future<RateRun.Measured>> running = millraces.stream().map(threads::submit).toList();
      List<Future<NaiveRun.Measured>> beside =
          plan.naive() ? naives.stream().map(threads::submit).toList() : List.of();
      List<Outcome> outcomes = new ArrayList<>();
      for (int i = 0; i < running.size(); i++) {
        outcomes.add(new Outcome(running.get(i).get(), plan.naive() ? beside.get(i).get() : null));
      }
      return outcomes;
    } catch (ExecutionException failure) {
      throw new IOException("a scenario of low limits failed: " + failure.getMessage(), failure);
    }
  }

  /** The client without a limiter meets the same limits, in a pool that no scenario uses. */
  private void prepare(BenchStack stack, List<Scenario> scenarios) {
    Limits limits = Limits.unlimited();
    for (int i = 0; i < scenarios.size(); i++) {
      Scenario scenario = scenarios.get(i);
      limits = limits.with(models.pool(scenario.model()), scenario.limits());
      limits = limits.with(models.pool(Scenario.NAIVE_MODELS.get(i)), scenario.limits());
      if (plan.tight()) {
        limits = limits.withBursts(scenario.tightBurst(), TIGHT_TOKENS);
      }
    }
    stack.simulator().limits(limits);
    stack.simulator().outputTokens(scenarios.getFirst().output());
  }
}
