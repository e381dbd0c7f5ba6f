package io.millrace.cli.bench;

import io.millrace.cli.terminal.Arguments;
import io.millrace.cli.terminal.Arguments.Understood;
import io.millrace.cli.terminal.Misused;
import io.millrace.cli.terminal.Nearest;
import io.millrace.cli.terminal.Terminal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * {@code millrace bench rate}: several worker processes against limits that the simulator enforces,
 * and beside it a client without a limiter against the same (P4, N6).
 */
final class RateCommand {

  private static final List<String> KINDS =
      List.of("requests", "input", "output", "kill", "foreign", "low");
  private static final Understood UNDERSTOOD =
      Understood.of(
              Set.of(
                  "--workers",
                  "--scenario",
                  "--seconds",
                  "--warm-up",
                  "--burst",
                  "--repeat",
                  "--data"),
              Set.of("--no-naive", "--json"))
          .withSettings();

  private final Terminal terminal;

  RateCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  int run(List<String> words) throws InterruptedException {
    var arguments = Arguments.parse(words, UNDERSTOOD);
    arguments.refuseWords();
    var plan =
        new RatePlan(
            scenarios(arguments),
            arguments.number("--workers", 4, 1, 16),
            Duration.ofSeconds(arguments.number("--seconds", 60, 10, 3_000)),
            Duration.ofSeconds(arguments.number("--warm-up", 20, 0, 600)),
            tight(arguments),
            !arguments.has("--no-naive"));
    var bench = new Bench(terminal, "millrace bench rate " + String.join(" ", words));
    return bench.run(
        Bench.directory(arguments),
        arguments.number("--repeat", 1, 1, 20),
        arguments.has("--json"),
        (workspace, say) -> new Rate(workspace, plan, arguments.settings(), say).run());
  }

  private static List<Scenario> scenarios(Arguments arguments) {
    List<Scenario> chosen = new ArrayList<>();
    for (String word : arguments.value("--scenario", "all").split(",", -1)) {
      List<Scenario> found =
          Scenario.all().stream()
              .filter(one ->
                  word.equals("all")
                      || one.name().split(" ", -1)[0].equals(word)
                      || one.name().replace(' ', '-').equals(word))
              .toList();
      if (found.isEmpty()) {
        throw new Misused(
            "There is no scenario '%s'; there are %s and all.%s"
                .formatted(word, String.join(", ", KINDS), Nearest.hint(word, KINDS)));
      }
      found.stream().filter(one -> !chosen.contains(one)).forEach(chosen::add);
    }
    return chosen;
  }

  private static boolean tight(Arguments arguments) {
    String burst = arguments.value("--burst", "usual");
    return switch (burst) {
      case "usual" -> false;
      case "tight" -> true;
      default -> throw new Misused("--burst should be usual or tight, not '%s'.".formatted(burst));
    };
  }
}
