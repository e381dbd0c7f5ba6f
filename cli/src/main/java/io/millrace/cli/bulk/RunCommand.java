package io.millrace.cli.bulk;

import io.millrace.cli.bulk.Submitting.Content;
import io.millrace.cli.client.Server;
import io.millrace.cli.client.ShowJob;
import io.millrace.cli.client.Unreachable;
import io.millrace.cli.terminal.Exit;
import io.millrace.cli.terminal.Misused;
import io.millrace.cli.terminal.Terminal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;

/**
 * {@code millrace bulk run}: a file of requests to a file of results. It may be stopped at any
 * moment, by whatever; the same command goes on where it was.
 */
final class RunCommand {

  private final Terminal terminal;
  private final Pace pace;
  private final Clock clock;

  RunCommand(Terminal terminal, Pace pace, Clock clock) {
    this.terminal = terminal;
    this.pace = pace;
    this.clock = clock;
  }

  /** Runs the command and returns its exit code. */
  int run(List<String> words) throws IOException, InterruptedException {
    RunOptions options = RunOptions.parse(words);
    Path output = options.output();
    if (output == null) {
      return dryRun(options);
    }
    return run(options, output, Stop.atSignals());
  }

  private int dryRun(RunOptions options) throws IOException {
    Path spool = Files.createTempFile("millrace-bulk-", ".jsonl");
    try (Input input = Input.of(options.input(), terminal.in(), spool)) {
      Plan plan = new Opening(options, input, clock).plan();
      new Estimates(plan, options).print(terminal);
      return Exit.SUCCEEDED;
    } finally {
      Files.deleteIfExists(spool);
    }
  }

  int run(RunOptions options, Path output, Stop stop) throws IOException, InterruptedException {
    var display = new Display(terminal, Display.kind(terminal, options), pace);
    Path spool = StateFile.beside(output, ".millrace-input");
    StateFile file = StateFile.of(output);
    boolean known = file.exists() || Files.exists(output);
    try (var results = open(output);
        Input input = Input.of(options.input(), terminal.in(), spool)) {
      Logbook logbook = new Opening(options, input, clock).open(file, results, display);
      known = true;
      return run(options, new Work(output, input, logbook, results), display, stop);
    } finally {
      if (!known) {
        Files.deleteIfExists(output);
      }
    }
  }

  private static Output open(Path output) throws IOException {
    try {
      return Output.open(output);
    } catch (java.io.FileNotFoundException unwritable) {
      throw new Misused("%s cannot be written: %s".formatted(output, unwritable.getMessage()));
    }
  }

  /** What a run has in its hands. */
  private record Work(Path path, Input input, Logbook logbook, Output results) {}

  private int run(RunOptions options, Work work, Display display, Stop stop)
      throws IOException, InterruptedException {
    RunState state = work.logbook().state();
    var show = new ShowJob(terminal, false);
    try (var server = Server.of(terminal)) {
      var calls = new Calls(server, stop, pace, display);
      var watching = new Watching(calls, work.logbook(), work.results(), display, stop, pace);
      if (state.finished) {
        display.note(work.path() + " is complete already; --new begins again.");
        return watching.end();
      }
      var content =
          new Content(
              work.input(),
              options.form(work.input().name()),
              options.table(work.input()),
              StateFile.beside(work.path(), ".millrace-part"),
              options.query());
      if (!state.isSubmitted() && !state.stopped) {
        new Submitting(calls, work.logbook(), display, clock, content).run(watching::look);
      }
      return watching.untilEnd();
    } catch (Refused refused) {
      if (state.submitted() == 0) {
        work.logbook().file().delete();
      }
      return refused(refused, state, show);
    } catch (Unreachable gone) {
      int exit = show.unreachable(gone);
      farewell(work, display);
      return exit;
    } catch (InterruptedException | IOException stopped) {
      if (!stop.isAsked()) {
        throw stopped;
      }
      display.note("Stopped watching.");
      farewell(work, display);
      return Exit.NOT_FINISHED;
    }
  }

  private static int refused(Refused refused, RunState state, ShowJob show) {
    String where = String.valueOf(refused.getMessage());
    if (!where.isEmpty()) {
      show.say("millrace: " + where.strip());
    }
    int exit = show.refused(refused.answer());
    if (state.submitted() > 0) {
      show.say(
          "Submitted so far: %s. To give these up: ./millrace bulk cancel <id>"
              .formatted(String.join(" ", state.ids())));
    } else {
      show.say("Nothing was submitted.");
    }
    return exit;
  }

  private static void farewell(Work work, Display display) {
    RunState state = work.logbook().state();
    if (state.submitted() < state.items()) {
      display.note(
          Standing.format("%,d of %,d requests are submitted.", state.submitted(), state.items()));
    }
    List<String> open = state.open().stream().map(part -> String.valueOf(part.id)).toList();
    if (!open.isEmpty()) {
      display.note(
          "What is submitted goes on. To cancel it: ./millrace bulk cancel "
              + String.join(" ", open));
    }
    display.note(
        "%,d results are in %s. To go on: the same command again."
            .formatted(work.results().lines(), work.path()));
  }
}
