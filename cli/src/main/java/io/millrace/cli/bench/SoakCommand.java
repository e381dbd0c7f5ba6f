package io.millrace.cli.bench;

import io.millrace.cli.terminal.Arguments;
import io.millrace.cli.terminal.Arguments.Understood;
import io.millrace.cli.terminal.Terminal;
import java.time.Duration;
import java.util.List;
import java.util.Set;

/**
 * {@code millrace bench soak}: a bounded load for as long as one likes, while everything fails now
 * and then.
 */
final class SoakCommand {

  private static final Understood UNDERSTOOD =
      Understood.of(
              Set.of("--minutes", "--rate", "--workers", "--data"), Set.of("--json", "--calm"))
          .withSettings();

  private final Terminal terminal;

  SoakCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  int run(List<String> words) throws InterruptedException {
    var arguments = Arguments.parse(words, UNDERSTOOD);
    arguments.refuseWords();
    var plan =
        new Soak.Plan(
            Duration.ofMinutes(arguments.number("--minutes", 10, 1, 10_000)),
            arguments.number("--rate", 20, 1, 1_000),
            arguments.number("--workers", 2, 2, 16),
            arguments.has("--calm"),
            arguments.settings());
    return new Bench(terminal, "millrace bench soak " + String.join(" ", words))
        .run(
            Bench.directory(arguments),
            1,
            arguments.has("--json"),
            (workspace, say) -> new Soak(workspace, plan, say).run());
  }
}
