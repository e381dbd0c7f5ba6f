package io.millrace.cli.bench;

import io.millrace.cli.terminal.Arguments;
import io.millrace.cli.terminal.Exit;
import io.millrace.cli.terminal.Terminal;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What all benchmarks have in common: a place to work in, progress, repetition and a report. */
final class Bench {

  private final Terminal terminal;
  private final String command;
  private final long start = System.nanoTime();

  /**
   * Makes one.
   *
   * @param command as it was called, for the report
   */
  Bench(Terminal terminal, String command) {
    this.terminal = terminal;
    this.command = command.strip();
  }

  /** Measures something once. */
  interface Measure {
    Findings once(Workspace workspace, Say say) throws IOException, InterruptedException;
  }

  /** Where {@code --data} says, else beside the launcher. */
  static Path directory(Arguments arguments) {
    Path home = Path.of(System.getProperty("millrace.home", ""));
    Path directory =
        arguments.has("--data")
            ? Path.of(arguments.value("--data", ""))
            : home.resolve(".millrace").resolve("bench");
    return directory.toAbsolutePath().normalize();
  }

  /** Measures; the exit code says whether it could, not whether the targets were met. */
  int run(Path directory, int repeat, boolean json, Measure measure) throws InterruptedException {
    try (var workspace = Workspace.open(directory)) {
      var machine = Machine.look(workspace.root());
      List<Findings> runs = new ArrayList<>();
      for (int i = 1; i <= repeat; i++) {
        if (repeat > 1) {
          say("Run %d of %d".formatted(i, repeat));
        }
        runs.add(measure.once(workspace, this::say));
      }
      var report = new Report(machine, command, runs);
      terminal.out().print(json ? report.json() : report.table());
      terminal.out().flush();
      return Exit.SUCCEEDED;
    } catch (IOException failure) {
      String why = failure.getMessage() == null ? failure.toString() : failure.getMessage();
      terminal.err().println("millrace: the benchmark could not be run: " + why);
      return Exit.FAILED;
    }
  }

  private void say(String line) {
    terminal
        .err()
        .printf(Locale.ROOT, "[%4d s] %s%n", (System.nanoTime() - start) / 1_000_000_000, line);
    terminal.err().flush();
  }
}
