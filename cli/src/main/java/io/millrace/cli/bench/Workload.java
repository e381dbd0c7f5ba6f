package io.millrace.cli.bench;

import io.millrace.cli.bench.Breakdown.Row;
import io.millrace.cli.bench.Load.Accepted;
import io.millrace.cli.bench.Window.Look;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;

/** The loads that a stack is measured under: N2, N3 and N5. */
final class Workload {

  static final int RATE = 200;
  static final int PROMPT_BYTES = 1_024;

  /** The lane of the load's jobs, the default one. */
  static final String LANE = "standard";

  // Enough for every hop to have full batches, and no more than a second or two of work.
  private static final long OUTSTANDING = 4_000;
  private static final int AGAIN = 5_000;
  private static final Duration LOOK_EVERY = Duration.ofSeconds(1);
  private static final Duration LONGEST = Duration.ofMinutes(5);
  private static final Duration LEAD_IN = Duration.ofSeconds(3);
  private static final int TRACED = 50;

  private final BenchStack stack;
  private final Plan plan;
  private final Say say;
  private boolean warm;

  Workload(BenchStack stack, Plan plan, Say say) {
    this.stack = stack;
    this.plan = plan;
    this.say = say;
  }

  /** What a load came to; a trace is empty where jobs do not come to their end. */
  record Run(Window window, List<Trace.Stations> trace, Sample latency) {}

  /** N2: submissions as fast as they are accepted, each waiting for its answer; no worker runs. */
  Run accept() throws IOException, InterruptedException {
    long before = Books.count(stack).jobs();
    try (var load = start(Pace.Closed.unbounded(Long.MAX_VALUE), 0)) {
      awaitAtLeast(warmUp(), load::accepted);
      var window = watch(load, false);
      load.stop();
      long stored = Books.count(stack).jobs() - before;
      if (stored != load.accepted()) {
        throw new IOException(
            "%d jobs were accepted, but %d are stored".formatted(load.accepted(), stored));
      }
      return new Run(window, List.of(), Sample.of(new long[0]));
    }
  }

  /** N3: the same with a worker, while fewer than so many jobs are between acceptance and call. */
  Run endToEnd() throws IOException, InterruptedException {
    stack.simulator().reset();
    return endToEnd(() -> stack.simulator().stats().received());
  }

  /** N3 beside other jobs of the same pool, whose calls must not be taken for the load's. */
  Run endToEndInCompany() throws IOException, InterruptedException {
    stack.simulator().reset();
    return endToEnd(new FinishedOfLane(stack, LANE));
  }

  private Run endToEnd(LongSupplier done) throws IOException, InterruptedException {
    var before = Books.count(stack);
    long finished = stack.finished(LANE);
    try (var load = start(new Pace.Closed(Long.MAX_VALUE, OUTSTANDING, done), TRACED)) {
      long warmUp = warmUp();
      awaitAtLeast(warmUp, () -> recorded(load, finished));
      long from = WallClock.micros();
      var window = watch(load, true);
      long until = WallClock.micros();
      List<Accepted> kept = load.stop();
      awaitAtLeast(load.accepted(), () -> recorded(load, finished));
      verify(load.accepted(), Books.count(stack).minus(before));
      return new Run(
          window,
          Trace.of(
              stack,
              kept.stream()
                  .filter(job -> job.intended() >= from && job.intended() < until)
                  .toList()),
          Sample.of(new long[0]));
    }
  }

  /** N5: submissions at fixed times; from when one was meant to go until Claude has its call. */
  Run firstByte() throws IOException, InterruptedException {
    if (!warm) {
      endToEndWarmUp();
    }
    stack.simulator().reset();
    long seconds = LEAD_IN.plus(plan.window()).toSeconds();
    long start = WallClock.micros() + 500_000;
    long from = start + LEAD_IN.toMillis() * 1_000;
    var pace = new Pace.Open(RATE * seconds, start, RATE);
    try (var load = start(pace, 1)) {
      WallClock.await(from);
      List<Look> looks = new ArrayList<>();
      looks.add(Window.look(stack, load));
      List<Accepted> all = load.finish();
      looks.add(Window.look(stack, load));
      stack.simulator().awaitReceived(all.size(), Duration.ofMinutes(1));
      List<Accepted> counted = all.stream().filter(job -> job.intended() >= from).toList();
      awaitEnd(counted);
      Map<String, Long> received = Trace.received(stack.simulator().journal());
      long[] waits = new long[counted.size()];
      for (int i = 0; i < waits.length; i++) {
        Long at = received.get(counted.get(i).job());
        if (at == null) {
          throw new IOException("a job was accepted and never called");
        }
        waits[i] = at - counted.get(i).intended();
      }
      return new Run(Window.between(looks, false), Trace.of(stack, counted), Sample.of(waits));
    } catch (TimeoutException missing) {
      throw new IOException("not every job was called within a minute", missing);
    }
  }

  private void awaitEnd(List<Accepted> jobs) throws IOException, InterruptedException {
    try {
      stack.simulator().awaitIdle(Duration.ofSeconds(30));
    } catch (TimeoutException busy) {
      throw new IOException("calls of %d jobs do not end".formatted(jobs.size()), busy);
    }
    // The last outcomes are recorded in the batch behind the answer.
    WallClock.pass(Duration.ofMillis(500));
  }

  private void endToEndWarmUp() throws IOException, InterruptedException {
    stack.simulator().reset();
    long finished = stack.finished(LANE);
    try (var load =
        start(
            new Pace.Closed(warmUp(), OUTSTANDING, () -> stack.simulator().stats().received()),
            0)) {
      load.finish();
      awaitAtLeast(load.accepted(), () -> recorded(load, finished));
    }
  }

  /** How a window's processor time and pauses are shown. */
  static Row processorRow(String name, Window window) {
    var used = window.processor();
    double servers =
        used.entrySet().stream()
            .filter(one -> isServer(one.getKey()))
            .mapToDouble(Map.Entry::getValue)
            .sum();
    double pauses =
        window.pauses().values().stream().mapToDouble(share -> share).max().orElse(Double.NaN);
    return new Row(
        name,
        List.of(
            servers,
            used.getOrDefault("postgres", Double.NaN),
            used.getOrDefault("load", Double.NaN),
            used.getOrDefault("simulator", Double.NaN),
            used.values().stream().mapToDouble(micros -> micros).sum(),
            pauses * 100,
            Sample.least(window.slices()),
            Sample.most(window.slices())));
  }

  static final List<String> PROCESSOR_COLUMNS =
      List.of("JVMs", "postgres", "load", "simulator", "all", "GC %", "slowest/s", "fastest/s");

  private static boolean isServer(String process) {
    return !process.equals("postgres") && !process.equals("load") && !process.equals("simulator");
  }

  private Load start(Pace pace, int keepEvery) throws IOException {
    return Load.start(stack.port(), stack.request(PROMPT_BYTES), pace, keepEvery);
  }

  private long warmUp() {
    long jobs = warm ? Math.min(AGAIN, plan.warmUp()) : plan.warmUp();
    if (!warm) {
      say.line("  warming up with %,d jobs".formatted(jobs));
    }
    warm = true;
    return jobs;
  }

  private Window watch(Load load, boolean ofRecorded) throws IOException, InterruptedException {
    List<Look> looks = new ArrayList<>();
    looks.add(Window.look(stack, load));
    long from = looks.getFirst().nanoTime();
    Look last = looks.getFirst();
    while (last.nanoTime() - from < plan.window().toNanos()
        && last.accepted() - looks.getFirst().accepted() < plan.jobs()) {
      WallClock.pass(LOOK_EVERY);
      last = Window.look(stack, load);
      looks.add(last);
    }
    return Window.between(looks, ofRecorded);
  }

  /** How many have been recorded, unless the load has failed. */
  private long recorded(Load load, long before) throws IOException, InterruptedException {
    load.accepted();
    return stack.finished(LANE) - before;
  }

  private interface Count {
    long now() throws IOException, InterruptedException;
  }

  private static void awaitAtLeast(long wanted, Count count)
      throws IOException, InterruptedException {
    long giveUp = System.nanoTime() + LONGEST.toNanos();
    for (long now = count.now(); now < wanted; now = count.now()) {
      if (System.nanoTime() > giveUp) {
        throw new IOException("only %d of %d jobs came through".formatted(now, wanted));
      }
      WallClock.pass(Duration.ofMillis(250));
    }
  }

  private void verify(long accepted, Books.Count found) throws IOException {
    if (found.jobs() != accepted || found.succeeded() != accepted) {
      throw new IOException(
          "%d jobs were accepted, %d are stored, %d have succeeded"
              .formatted(accepted, found.jobs(), found.succeeded()));
    }
    if (found.calls() != accepted) {
      say.line(
          "  %,d calls were repeated; that failed since the start: %s"
              .formatted(found.calls() - accepted, Books.failedCalls(stack)));
    }
  }
}
