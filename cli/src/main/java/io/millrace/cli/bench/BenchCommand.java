package io.millrace.cli.bench;

import io.millrace.cli.terminal.Arguments;
import io.millrace.cli.terminal.Arguments.Understood;
import io.millrace.cli.terminal.Exit;
import io.millrace.cli.terminal.Terminal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeoutException;

/** {@code millrace bench}: measures N3 and N5 and prints them beside their targets. */
public final class BenchCommand {

  private static final Understood UNDERSTOOD =
      Understood.of(Set.of("--jobs", "--seconds", "--data"), Set.of());
  private static final int RATE = 200;

  private final Terminal terminal;

  public BenchCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  /** Measures; the exit code says whether it could, not whether the targets were met. */
  public int run(List<String> words) throws InterruptedException {
    var arguments = Arguments.parse(words, UNDERSTOOD);
    arguments.refuseWords();
    int jobs = arguments.number("--jobs", 60_000, 1_000, 900_000);
    int seconds = arguments.number("--seconds", 30, 5, 600);
    try {
      Path data =
          arguments.has("--data")
              ? Path.of(arguments.value("--data", ""))
              : Files.createTempDirectory("millrace-bench");
      measure(data, jobs, seconds);
      return Exit.SUCCEEDED;
    } catch (IOException | TimeoutException failure) {
      terminal.err().println("millrace: the benchmark could not be run: " + failure.getMessage());
      return Exit.FAILED;
    }
  }

  private void measure(Path data, int jobs, int seconds)
      throws IOException, InterruptedException, TimeoutException {
    say(
        "Starting a stack of its own on fresh data in %s, with an instant simulator…"
            .formatted(data));
    try (var stack = BenchStack.start(data)) {
      say("Median time to force 4 kB to this disk: %.2f ms".formatted(millis(stack.fsync())));
      var throughput = new Throughput(stack);
      say("Warming up with %d jobs…".formatted(jobs / 2));
      throughput.run(jobs / 2);
      say("N3: %d jobs…".formatted(jobs));
      var fast = throughput.run(jobs);
      say(
          "N3  end to end       %7.0f jobs/s   target 3000   ×%.2f   (accepted at %.0f/s; %.0f µs of the JVM's CPU per job)"
              .formatted(
                  fast.perSecond(),
                  fast.perSecond() / 3000,
                  fast.acceptedPerSecond(),
                  fast.processor().toNanos() / 1e3 / fast.jobs()));
      say("N5: %d jobs/s for %d s…".formatted(RATE, seconds));
      var quick = new Latency(stack).run(RATE, Duration.ofSeconds(seconds));
      say(
          "N5  to first byte    p50 %.1f ms (target 10)   p99 %.1f ms (target 50)   max %.1f ms, %d jobs"
              .formatted(
                  millis(quick.p50()), millis(quick.p99()), millis(quick.most()), quick.jobs()));
    }
  }

  private void say(String line) {
    terminal.out().println(line);
    terminal.out().flush();
  }

  private static double millis(Duration duration) {
    return duration.toNanos() / 1e6;
  }
}
