package io.millrace.cli.bulk;

import io.millrace.cli.terminal.Misused;
import io.millrace.cli.terminal.Nearest;
import io.millrace.cli.terminal.Terminal;
import java.io.IOException;
import java.time.Clock;
import java.util.List;

/** {@code millrace bulk}: hands in files of requests as batches, and looks after batches. */
public final class BulkCommand {

  private static final List<String> VERBS =
      List.of("run", "status", "list", "cancel", "results", "delete");

  private final Terminal terminal;

  public BulkCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  /** Runs the command and returns its exit code. */
  public int run(List<String> words) throws IOException, InterruptedException {
    if (words.isEmpty()) {
      throw new Misused("What should bulk do? One of: " + String.join(", ", VERBS) + ".");
    }
    String verb = words.getFirst();
    List<String> rest = words.subList(1, words.size());
    return switch (verb) {
      case "run" -> new RunCommand(terminal, Pace.USUAL, Clock.systemUTC()).run(rest);
      case "status" -> new StatusCommand(terminal).run(rest);
      case "list" -> new ListBatchesCommand(terminal).run(rest);
      case "cancel", "delete" -> new EndCommand(terminal, verb).run(rest);
      case "results" -> new BatchResultsCommand(terminal, Pace.USUAL).run(rest);
      default ->
          throw new Misused("bulk cannot '%s'.%s".formatted(verb, Nearest.hint(verb, VERBS)));
    };
  }
}
