package io.millrace.cli.bench;

import io.millrace.cli.terminal.Arguments;
import io.millrace.cli.terminal.Arguments.Understood;
import io.millrace.cli.terminal.Terminal;
import java.time.Duration;
import java.util.List;
import java.util.Set;

/**
 * {@code millrace bench watch}: thousands of clients that wait for their jobs, by events and by
 * long polls, on one api process.
 */
final class WatchCommand {

  private static final Understood UNDERSTOOD =
      Understood.of(
              Set.of(
                  "--clients",
                  "--events-percent",
                  "--seconds",
                  "--rate",
                  "--warm-up",
                  "--repeat",
                  "--data"),
              Set.of("--json"))
          .withSettings();

  private final Terminal terminal;

  WatchCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  int run(List<String> words) throws InterruptedException {
    var arguments = Arguments.parse(words, UNDERSTOOD);
    arguments.refuseWords();
    var plan =
        new Watch.Plan(
            arguments.number("--clients", 5_000, 1, 15_000),
            arguments.number("--events-percent", 50, 0, 100),
            arguments.number("--rate", Workload.RATE, 10, 2_000),
            Duration.ofSeconds(arguments.number("--warm-up", 20, 0, 600)),
            Duration.ofSeconds(arguments.number("--seconds", 20, 5, 600)),
            arguments.settings());
    return new Bench(terminal, "millrace bench watch " + String.join(" ", words))
        .run(
            Bench.directory(arguments),
            arguments.number("--repeat", 1, 1, 20),
            arguments.has("--json"),
            (workspace, say) -> new Watch(workspace, plan, say).run());
  }
}
