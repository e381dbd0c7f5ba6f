package io.millrace.cli.bench;

import io.millrace.cli.terminal.Arguments;
import io.millrace.cli.terminal.Arguments.Understood;
import io.millrace.cli.terminal.Terminal;
import java.util.List;
import java.util.Set;

/**
 * {@code millrace bench bulk}: items of batches, from a file to their results; with {@code --kill}
 * while workers die.
 */
final class BulkCommand {

  private static final Understood UNDERSTOOD =
      Understood.of(
              Set.of("--items", "--bytes", "--batches", "--workers", "--repeat", "--data"),
              Set.of("--json", "--kill", "--accept-only", "--settle-only"))
          .withSettings();

  private final Terminal terminal;

  BulkCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  int run(List<String> words) throws InterruptedException {
    var arguments = Arguments.parse(words, UNDERSTOOD);
    arguments.refuseWords();
    var plan =
        new Bulk.Plan(
            arguments.number("--items", 100_000, 100, 100_000),
            arguments.number("--bytes", 1_000, 200, 100_000),
            arguments.number("--batches", 5, 1, 50),
            arguments.number("--workers", 2, 1, 16),
            arguments.has("--kill"),
            arguments.settings());
    return new Bench(terminal, "millrace bench bulk " + String.join(" ", words))
        .run(
            Bench.directory(arguments),
            arguments.number("--repeat", 1, 1, 20),
            arguments.has("--json"),
            (workspace, say) -> {
              var bulk = new Bulk(workspace, plan, say);
              var findings = Findings.empty();
              if (!arguments.has("--settle-only") && !plan.kill()) {
                findings.addAll(bulk.accept());
              }
              if (!arguments.has("--accept-only")) {
                findings.addAll(bulk.settle());
              }
              return findings;
            });
  }
}
