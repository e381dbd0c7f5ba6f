package io.millrace.cli.bench;

import io.millrace.cli.terminal.Arguments;
import io.millrace.cli.terminal.Arguments.Understood;
import io.millrace.cli.terminal.Terminal;
import java.util.List;
import java.util.Set;

/** {@code millrace bench fairness}: small tenants beside one with a huge backlog (P5). */
final class FairnessCommand {

  private static final Understood UNDERSTOOD =
      Understood.of(Set.of("--jobs", "--waves", "--repeat", "--data"), Set.of("--json"))
          .withSettings();

  private final Terminal terminal;

  FairnessCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  int run(List<String> words) throws InterruptedException {
    var arguments = Arguments.parse(words, UNDERSTOOD);
    arguments.refuseWords();
    int jobs = arguments.number("--jobs", 1_000_000, 10_000, 10_000_000);
    int waves = arguments.number("--waves", 2, 1, 20);
    return new Bench(terminal, "millrace bench fairness " + String.join(" ", words))
        .run(
            Bench.directory(arguments),
            arguments.number("--repeat", 1, 1, 20),
            arguments.has("--json"),
            (workspace, say) ->
                new Fairness(workspace, jobs, waves, arguments.settings(), say).run());
  }
}
