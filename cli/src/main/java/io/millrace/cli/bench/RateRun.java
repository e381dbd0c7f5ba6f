package io.millrace.cli.bench;

import io.millrace.cli.bench.Share.Recovery;
import io.millrace.cli.bench.Share.Span;
import io.millrace.model.ModelCatalogue;
import io.millrace.simulator.limit.Caller;
import io.millrace.simulator.limit.Dimension;
import io.millrace.simulator.limit.PoolSecond;
import io.millrace.simulator.limit.Use;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Runs one scenario on a stack, and reads from the simulator what came of it. */
final class RateRun {

  private static final Duration LOOK_EVERY = Duration.ofMillis(100);
  private static final Duration FIRST_CALLS = Duration.ofMinutes(2);
  private static final Duration DRAIN = Duration.ofSeconds(45);
  private static final String DRAWS = "millrace_limiter_draw_time_seconds";
  private static final Metrics NOTHING_YET = new Metrics(List.of());
  private static final int FOREIGN_CHARACTERS = 3_077;
  private static final double FOREIGN_TOKENS = 1_003;

  private final BenchStack stack;
  private final Topology topology;
  private final Scenario scenario;
  private final RatePlan plan;
  private final Say say;
  private final String pool;
  private String victim = "";

  RateRun(BenchStack stack, Topology topology, Scenario scenario, RatePlan plan, Say say) {
    this.stack = stack;
    this.topology = topology;
    this.scenario = scenario;
    this.plan = plan;
    this.say = say;
    this.pool = ModelCatalogue.bundled().pool(scenario.model());
  }

  /**
   * What came of it.
   *
   * @param whole all that Millrace had from the first call to the end of the window
   * @param leastWaiting how few jobs waited in the window at its emptiest
   * @param cores how many processors each process kept busy; the workers are one
   * @param draws the limiter's decisions, a histogram
   * @param meanDraw of the same, in milliseconds
   * @param held how long claimed jobs waited for the limiter, a histogram
   * @param recovery after the loss of a worker; of nothing lost otherwise
   */
  record Measured(
      Scenario scenario,
      Span span,
      List<Share> shares,
      Use use,
      Use whole,
      Use others,
      long leastWaiting,
      Map<String, Double> cores,
      NavigableMap<Double, Double> draws,
      double meanDraw,
      NavigableMap<Double, Double> held,
      Recovery recovery) {}

  private record Look(Map<String, Metrics> metrics, Map<String, Long> processor, long nanoTime) {}

  Measured run() throws IOException, InterruptedException {
    long before = begun();
    try (var _ = foreign();
        var feeder = Feeder.start(stack, jobs(), () -> begun() - before, scenario.backlog())) {
      awaitBacklog(feeder);
      WallClock.pass(plan.warmUp());
      long from = WallClock.micros() / 1_000_000 + 1;
      var span = new Span(from, from + plan.window(scenario).toSeconds());
      WallClock.await(span.from() * 1_000_000);
      say.line("  %s: measured for %d s".formatted(scenario.name(), span.seconds()));
      Look first = look();
      long killed = 0;
      long leastWaiting = Long.MAX_VALUE;
      while (WallClock.micros() < span.until() * 1_000_000) {
        WallClock.pass(LOOK_EVERY);
        leastWaiting = Math.min(leastWaiting, feeder.waiting());
        if (scenario.disturbance() == Scenario.Disturbance.KILL
            && killed == 0
            && WallClock.micros() / 1_000_000 >= (span.from() + span.until()) / 2) {
          killed = WallClock.micros() / 1_000_000;
          kill();
        }
      }
      Look last = look();
      feeder.stop();
      List<PoolSecond> history = stack.simulator().history(pool);
      if (scenario.disturbance() == Scenario.Disturbance.KILL) {
        restart();
      }
      if (!scenario.isLow()) {
        drain(feeder.accepted() + before);
      }
      return measured(history, span, first, last, leastWaiting, killed);
    }
  }

  private Measured measured(
      List<PoolSecond> history, Span span, Look first, Look last, long leastWaiting, long killed) {
    var binding = scenario.binding();
    long limit = scenario.limited().getOrDefault(binding, 0L);
    return new Measured(
        scenario,
        span,
        Share.of(history, Caller.MILLRACE, scenario.limited(), span),
        Share.use(history, Caller.MILLRACE, span),
        Share.use(history, Caller.MILLRACE, new Span(0, span.until())),
        Share.use(history, Caller.OTHERS, span),
        leastWaiting,
        cores(first, last),
        grown(first, last, DRAWS, Map.of()),
        meanMillis(first, last, DRAWS),
        grown(first, last, "millrace_hop_seconds", Map.of("hop", "held")),
        killed == 0
            ? new Recovery(0, 0)
            : Share.after(history, binding, limit, killed, span.until()));
  }

  private static NavigableMap<Double, Double> grown(
      Look first, Look last, String histogram, Map<String, String> labels) {
    List<Metrics.Line> now = new ArrayList<>();
    List<Metrics.Line> before = new ArrayList<>();
    // A worker that was killed in between has no last word.
    last.metrics.forEach((process, metrics) -> {
      now.addAll(metrics.named(histogram + "_bucket"));
      before.addAll(first.metrics.getOrDefault(process, NOTHING_YET).named(histogram + "_bucket"));
    });
    return new Metrics(now).since(new Metrics(before), histogram, labels);
  }

  private static double meanMillis(Look first, Look last, String timer) {
    return 1e3 * grown(first, last, timer + "_sum") / grown(first, last, timer + "_count");
  }

  private static double grown(Look first, Look last, String series) {
    double sum = 0;
    for (var one : last.metrics.entrySet()) {
      sum +=
          one.getValue().sum(series, Map.of())
              - first.metrics.getOrDefault(one.getKey(), NOTHING_YET).sum(series, Map.of());
    }
    return sum;
  }

  private Supplier<String> jobs() {
    var random = new SplittableRandom(20_261_120);
    // The one large job comes when others are waiting, and early enough to be seen through.
    long bigAt = plan.window(scenario).dividedBy(3).toSeconds();
    boolean withBig = scenario.isLow() && scenario.binding() == Dimension.INPUT_TOKENS;
    long bigNumber = Math.round((bigAt + plan.warmUp().toSeconds()) * scenario.perSecond());
    return new Supplier<>() {
      private long given;

      @Override
      public String get() {
        boolean big = withBig && given++ == bigNumber;
        var job =
            big
                ? JobMix.Job.of(Scenario.BIG_JOB_CHARACTERS, false, 512)
                : scenario.mix().some(random);
        return job.params(scenario.model());
      }
    };
  }

  private @Nullable ForeignClient foreign() {
    if (scenario.disturbance() != Scenario.Disturbance.FOREIGN) {
      return null;
    }
    double tokens = Scenario.FOREIGN_SHARE * (double) scenario.limits().inputTokens() / 60;
    String params = JobMix.Job.of(FOREIGN_CHARACTERS, false, 256).params(scenario.model());
    return ForeignClient.start(stack.simulator().baseUri(), params, tokens / FOREIGN_TOKENS);
  }

  /** Millrace's calls of this pool that the provider let through so far. */
  private long begun() {
    return stack.simulator().history(pool).stream()
        .mapToLong(second -> second.millrace().requests())
        .sum();
  }

  /** The warm-up begins when the queue is as long as it is meant to stay, or nearly so. */
  private void awaitBacklog(Feeder feeder) throws IOException, InterruptedException {
    long giveUp = System.nanoTime() + FIRST_CALLS.toNanos();
    while (feeder.waiting() < scenario.backlog() * 3 / 4) {
      if (System.nanoTime() > giveUp) {
        throw new IOException(
            "the jobs of %s are called as fast as they can be submitted"
                .formatted(scenario.name()));
      }
      WallClock.pass(LOOK_EVERY);
    }
  }

  private void drain(long jobs) throws InterruptedException {
    long giveUp = System.nanoTime() + DRAIN.toNanos();
    while (begun() < jobs && System.nanoTime() < giveUp) {
      WallClock.pass(LOOK_EVERY);
    }
  }

  private Look look() throws IOException, InterruptedException {
    Map<String, Long> processor = new LinkedHashMap<>(stack.processor());
    processor.put("simulator", Processor.ofProcess(ProcessHandle.current().pid()));
    return new Look(stack.metrics(), processor, System.nanoTime());
  }

  private static Map<String, Double> cores(Look first, Look last) {
    Map<String, Double> cores = new LinkedHashMap<>();
    double nanos = last.nanoTime - (double) first.nanoTime;
    last.processor.forEach((process, used) -> {
      String name = process.startsWith("worker") ? "workers" : process;
      cores.merge(name, (used - first.processor.getOrDefault(process, 0L)) / nanos, Double::sum);
    });
    return cores;
  }

  /** The worker that dispatches is the one whose loss hurts most. */
  private void kill() throws IOException, InterruptedException {
    List<String> dispatching = new ArrayList<>(stack.workers());
    Map<String, Metrics> metrics = stack.metrics();
    dispatching.removeIf(name -> {
      Metrics of = metrics.get(name);
      return of == null || of.sum("millrace_dispatch_elected", Map.of()) < 1;
    });
    victim = dispatching.isEmpty() ? stack.workers().getFirst() : dispatching.getFirst();
    say.line("  %s: kill -9 %s".formatted(scenario.name(), victim));
    stack.kill(victim);
  }

  private void restart() throws IOException, InterruptedException {
    if (!victim.isEmpty()) {
      stack.startWorker(victim, topology);
    }
  }
}
