package io.millrace.cli.bench;

import io.millrace.cli.bench.JobMix.Kind;
import io.millrace.simulator.limit.Dimension;
import io.millrace.simulator.limit.PoolLimits;
import io.millrace.simulator.timing.Distribution;
import io.millrace.simulator.timing.Latency;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A load against the limits of one pool.
 *
 * @param model whose pool it is; each scenario has its own, so that nothing is left of another
 * @param binding which limit is meant to bind
 * @param output how long answers are, before {@code max_tokens} cuts them
 * @param perSecond jobs that the limits let start, about
 * @param naiveThreads of the client without a limiter: about twice what the limits can keep busy
 * @param disturbance what happens on the way
 */
record Scenario(
    String name,
    String model,
    PoolLimits limits,
    Dimension binding,
    JobMix mix,
    Distribution output,
    double perSecond,
    int naiveThreads,
    Disturbance disturbance) {

  /** What happens to a scenario while it is measured. */
  enum Disturbance {
    NONE,
    /** The worker that dispatches is killed half-way. */
    KILL,
    /** Another client of the account uses a fifth of the limit. */
    FOREIGN,
    /** The limits are so low that single calls count; one job takes most of a minute's input. */
    LOW
  }

  /** How long answers take: something, and more for longer ones. */
  static final Latency LATENCY = new Latency(new Distribution.LogNormal(150, 0.3), 3);

  /** The pools of the client without a limiter, which no scenario uses. */
  static final List<String> NAIVE_MODELS = List.of("claude-opus-4-8", "claude-haiku-4-5-20251001");

  /** What the other client uses of the account's limit. */
  static final double FOREIGN_SHARE = 0.2;

  static final int BIG_JOB_CHARACTERS = 92_000;

  private static final JobMix SMALL =
      JobMix.of(new Kind(0.7, 400, 0.4, false, 512), new Kind(0.3, 300, 0.4, true, 1_024));
  private static final JobMix MIXED =
      JobMix.of(
          new Kind(0.5, 1_200, 0.5, false, 512),
          new Kind(0.3, 4_000, 0.5, true, 1_024),
          new Kind(0.2, 8_000, 0.5, false, 512));
  private static final JobMix TALKATIVE =
      JobMix.of(new Kind(0.7, 600, 0.5, false, 4_096), new Kind(0.3, 600, 0.5, true, 2_048));
  private static final Distribution SHORT = new Distribution.LogNormal(50, 0.6);
  private static final Distribution LONG = new Distribution.LogNormal(200, 0.8);

  /** In the order in which they run. */
  static List<Scenario> all() {
    return Stream.concat(high().stream(), low().stream()).toList();
  }

  private static List<Scenario> high() {
    return List.of(
        new Scenario(
            "requests",
            "claude-haiku-5-5",
            new PoolLimits(3_000, 4_000_000, 1_000_000),
            Dimension.REQUESTS,
            SMALL,
            SHORT,
            50,
            32,
            Disturbance.NONE),
        new Scenario(
            "input",
            "claude-sonnet-5-5",
            new PoolLimits(6_000, 3_000_000, 1_000_000),
            Dimension.INPUT_TOKENS,
            MIXED,
            SHORT,
            40,
            32,
            Disturbance.NONE),
        new Scenario(
            "output",
            "claude-opus-5-5",
            new PoolLimits(6_000, 4_000_000, 600_000),
            Dimension.OUTPUT_TOKENS,
            TALKATIVE,
            LONG,
            36,
            80,
            Disturbance.NONE),
        new Scenario(
            "kill",
            "claude-mythos-5-2",
            new PoolLimits(3_000, 4_000_000, 1_000_000),
            Dimension.REQUESTS,
            SMALL,
            SHORT,
            50,
            0,
            Disturbance.KILL),
        new Scenario(
            "foreign",
            "claude-fable-5-2",
            new PoolLimits(6_000, 2_000_000, 1_000_000),
            Dimension.INPUT_TOKENS,
            MIXED,
            SHORT,
            27,
            0,
            Disturbance.FOREIGN));
  }

  private static List<Scenario> low() {
    return List.of(
        new Scenario(
            "low requests",
            "claude-opus-5",
            new PoolLimits(50, 40_000, 10_000),
            Dimension.REQUESTS,
            SMALL,
            SHORT,
            50 / 60.0,
            4,
            Disturbance.LOW),
        new Scenario(
            "low input",
            "claude-sonnet-5",
            new PoolLimits(50, 40_000, 10_000),
            Dimension.INPUT_TOKENS,
            JobMix.of(new Kind(1, 6_150, 0, false, 512)),
            SHORT,
            20 / 60.0,
            4,
            Disturbance.LOW));
  }

  boolean isLow() {
    return disturbance == Disturbance.LOW;
  }

  Map<Dimension, Long> limited() {
    Map<Dimension, Long> limited = new EnumMap<>(Dimension.class);
    limited.put(Dimension.REQUESTS, limits.requests());
    limited.put(Dimension.INPUT_TOKENS, limits.inputTokens());
    limited.put(Dimension.OUTPUT_TOKENS, limits.outputTokens());
    return limited;
  }

  /** How many jobs are kept waiting: enough that the queue never looks short. */
  long backlog() {
    return Math.max(30, Math.round(perSecond * 10));
  }

  /** As short as P4 still promises something: two requests. */
  Duration tightBurst() {
    return Duration.ofNanos(2 * 60_000_000_000L / limits.requests());
  }
}
