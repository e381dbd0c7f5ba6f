package io.millrace.cli.bench;

import io.millrace.cli.bench.Breakdown.Row;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * N4: how many calls one worker process holds at once, and in how much memory. The simulator keeps
 * every answer until all calls are there.
 */
final class InFlight {

  static final int PROMPT_BYTES = 4_096;
  static final String HEAP = "-Xmx1g";
  private static final double MIB = 1024.0 * 1024;
  private static final Duration FILL_BOUND = Duration.ofMinutes(4);
  private static final Duration HOLD = Duration.ofSeconds(5);
  private static final Pattern HEAP_USED =
      Pattern.compile("(?:heap|Heap).*?used (\\d+)K", Pattern.DOTALL);

  private final Workspace workspace;
  private final Plan plan;
  private final Say say;

  InFlight(Workspace workspace, Plan plan, Say say) {
    this.workspace = workspace;
    this.plan = plan;
    this.say = say;
  }

  Findings run() throws IOException, InterruptedException {
    say.line("N4: starting api, worker (%s) and Kafka, each in its process".formatted(HEAP));
    var topology =
        Topology.of(Topology.Parts.API_AND_WORKER)
            .withWorkerOptions(HEAP)
            .withSettings("--millrace.worker.slots=" + plan.calls());
    try (var stack = BenchStack.start(workspace, topology)) {
      return run(stack);
    }
  }

  private Findings run(BenchStack stack) throws IOException, InterruptedException {
    int calls = plan.calls();
    long worker = stack.pid("worker");
    stack.simulator().hold();
    say.line("N4: %,d jobs whose answers are held back".formatted(calls));
    long start = System.nanoTime();
    var before = Books.count(stack);
    try (var load =
        Load.start(stack.port(), stack.request(PROMPT_BYTES), Pace.Closed.unbounded(calls), 0)) {
      load.finish();
    }
    fill(stack, calls);
    double filled = (System.nanoTime() - start) / 1e9;
    WallClock.pass(HOLD);
    long peakMemory = Processor.status(worker, "VmHWM");
    long used = heapAfterCollection(worker);
    long memory = Processor.status(worker, "VmRSS");
    int threads = (int) (Processor.status(worker, "Threads") / 1024);
    int inFlight = stack.simulator().stats().inFlight();
    long released = System.nanoTime();
    stack.simulator().release();
    long done = awaitEnd(stack, before, calls);
    double drained = (System.nanoTime() - released) / 1e9;
    peakMemory = Math.max(peakMemory, Processor.status(worker, "VmHWM"));
    var stats = stack.simulator().stats();
    var findings = Findings.empty();
    findings.add(
        Figure.atLeast("N4", "calls in flight in one worker", "calls", inFlight, Targets.N4_CALLS),
        Figure.atMost("N4", "its resident memory, peak", "MiB", peakMemory / MIB, Targets.N4_MIB),
        Figure.atLeast("N4", "jobs completed afterwards", "jobs", (double) done, calls));
    findings.add(
        new Breakdown(
            "N4, the worker with %s, 4 kB prompts".formatted(HEAP),
            List.of("value"),
            List.of(
                new Row("heap used after a collection, MiB", List.of(used / MIB)),
                new Row("heap used for each call, kB", List.of(used / 1e3 / calls)),
                new Row("resident after the collection, MiB", List.of(memory / MIB)),
                new Row("platform threads", List.of((double) threads)),
                new Row(
                    "most calls at the simulator at once", List.of((double) stats.peakInFlight())),
                new Row("calls made for them", List.of((double) stats.received())),
                new Row("seconds from first job to last call", List.of(filled)),
                new Row("seconds from release to last outcome", List.of(drained)))));
    return findings;
  }

  private void fill(BenchStack stack, int calls) throws InterruptedException {
    long giveUp = System.nanoTime() + FILL_BOUND.toNanos();
    int most = 0;
    long rising = System.nanoTime();
    while (most < calls && System.nanoTime() < giveUp) {
      int now = stack.simulator().stats().inFlight();
      if (now > most) {
        most = now;
        rising = System.nanoTime();
      }
      if (System.nanoTime() - rising > Duration.ofSeconds(60).toNanos()) {
        break;
      }
      WallClock.pass(Duration.ofMillis(100));
    }
    say.line("N4: %,d calls in flight".formatted(most));
  }

  private static long awaitEnd(BenchStack stack, Books.Count before, int calls)
      throws IOException, InterruptedException {
    try {
      stack.simulator().awaitIdle(Duration.ofMinutes(2));
    } catch (TimeoutException late) {
      // What the database says counts.
    }
    long giveUp = System.nanoTime() + Duration.ofMinutes(2).toNanos();
    long done = 0;
    while (done < calls && System.nanoTime() < giveUp) {
      WallClock.pass(Duration.ofMillis(200));
      done = Books.count(stack).minus(before).succeeded();
    }
    return done;
  }

  /** Bytes of the heap in use right after a full collection; 0 where that cannot be asked. */
  private static long heapAfterCollection(long pid) throws IOException, InterruptedException {
    jcmd(pid, "GC.run");
    Matcher used = HEAP_USED.matcher(jcmd(pid, "GC.heap_info"));
    return used.find() ? Long.parseLong(used.group(1)) * 1024 : 0;
  }

  private static String jcmd(long pid, String command) throws IOException, InterruptedException {
    String jcmd = System.getProperty("java.home") + "/bin/jcmd";
    Process process =
        new ProcessBuilder(jcmd, Long.toString(pid), command).redirectErrorStream(true).start();
    try (var out = process.getInputStream()) {
      String said = new String(out.readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
      process.waitFor();
      return said;
    }
  }
}
