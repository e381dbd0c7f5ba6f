package io.millrace.cli.bench;

import io.millrace.cli.terminal.Arguments;
import io.millrace.cli.terminal.Arguments.Understood;
import io.millrace.cli.terminal.Terminal;
import java.time.Duration;
import java.util.List;
import java.util.Set;

/**
 * {@code millrace bench webhooks}: how soon an endpoint hears of a job's end, by itself and beside
 * one that stalls and one that is dead (P8).
 */
final class WebhooksCommand {

  private static final Understood UNDERSTOOD =
      Understood.of(
              Set.of("--seconds", "--rate", "--warm-up", "--repeat", "--data"), Set.of("--json"))
          .withSettings();

  private final Terminal terminal;

  WebhooksCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  int run(List<String> words) throws InterruptedException {
    var arguments = Arguments.parse(words, UNDERSTOOD);
    arguments.refuseWords();
    int rate = arguments.number("--rate", Workload.RATE, 10, 2_000);
    var window = Duration.ofSeconds(arguments.number("--seconds", 20, 5, 600));
    var warmUp = Duration.ofSeconds(arguments.number("--warm-up", 20, 0, 600));
    return new Bench(terminal, "millrace bench webhooks " + String.join(" ", words))
        .run(
            Bench.directory(arguments),
            arguments.number("--repeat", 1, 1, 20),
            arguments.has("--json"),
            (workspace, say) ->
                new Webhooks(workspace, rate, warmUp, window, arguments.settings(), say).run());
  }
}
