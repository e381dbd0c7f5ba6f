package io.millrace.cli.bench;

import io.millrace.cli.terminal.Arguments;
import io.millrace.cli.terminal.Arguments.Understood;
import io.millrace.cli.terminal.Misused;
import io.millrace.cli.terminal.Nearest;
import io.millrace.cli.terminal.Terminal;
import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * {@code millrace bench}: measures N2 to N5 and N7, batches, the rate, fairness, endurance,
 * webhooks or waiting clients, and prints what was found beside its targets.
 */
public final class BenchCommand {

  private static final List<String> NUMBERS = List.of("n2", "n3", "n4", "n5", "n7");
  private static final List<String> USUAL = List.of("n2", "n3", "n5");
  private static final Understood UNDERSTOOD =
      Understood.of(
          Set.of("--seconds", "--jobs", "--warm-up", "--calls", "--depth", "--repeat", "--data"),
          Set.of("--json"));

  private final Terminal terminal;

  public BenchCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  /** Measures; the exit code says whether it could, not whether the targets were met. */
  public int run(List<String> words) throws InterruptedException {
    String first = words.isEmpty() ? "" : words.getFirst();
    List<String> rest = words.subList(Math.min(1, words.size()), words.size());
    return switch (first) {
      case "rate" -> new RateCommand(terminal).run(rest);
      case "fairness" -> new FairnessCommand(terminal).run(rest);
      case "soak" -> new SoakCommand(terminal).run(rest);
      case "webhooks" -> new WebhooksCommand(terminal).run(rest);
      case "bulk" -> new BulkCommand(terminal).run(rest);
      case "watch" -> new WatchCommand(terminal).run(rest);
      default -> numbers(words, Arguments.parse(words, UNDERSTOOD));
    };
  }

  private int numbers(List<String> words, Arguments arguments) throws InterruptedException {
    Plan plan = plan(arguments);
    var bench = new Bench(terminal, "millrace bench " + String.join(" ", words));
    return bench.run(
        plan.directory(),
        plan.repeat(),
        arguments.has("--json"),
        (workspace, say) -> measure(workspace, plan, say));
  }

  private static Plan plan(Arguments arguments) {
    return new Plan(
        numbers(arguments.words()),
        Duration.ofSeconds(arguments.number("--seconds", 20, 5, 600)),
        arguments.number("--jobs", Integer.MAX_VALUE, 1_000, Integer.MAX_VALUE),
        arguments.number("--warm-up", 40_000, 100, 1_000_000),
        arguments.number("--calls", 10_000, 100, 18_000),
        arguments.number("--depth", 1_000_000, 10_000, 10_000_000),
        arguments.number("--repeat", 1, 1, 20),
        Bench.directory(arguments));
  }

  private static Set<String> numbers(List<String> words) {
    Set<String> numbers = new LinkedHashSet<>();
    for (String word : words) {
      String number = word.toLowerCase(Locale.ROOT);
      if (number.equals("all")) {
        numbers.addAll(NUMBERS);
      } else if (NUMBERS.contains(number)) {
        numbers.add(number);
      } else {
        throw new Misused(
            "'%s' is not measured; n2, n3, n4, n5, n7 and all are.%s"
                .formatted(word, Nearest.hint(number, NUMBERS)));
      }
    }
    return numbers.isEmpty() ? new LinkedHashSet<>(USUAL) : numbers;
  }

  private static Findings measure(Workspace workspace, Plan plan, Say say)
      throws IOException, InterruptedException {
    var findings = Findings.empty();
    var basics = new Basics(workspace, plan, say);
    if (plan.asksFor("n2")) {
      findings.addAll(basics.accepted());
    }
    if (plan.asksFor("n3") || plan.asksFor("n5")) {
      findings.addAll(basics.wholeStack());
    }
    if (plan.asksFor("n4")) {
      findings.addAll(new InFlight(workspace, plan, say).run());
    }
    if (plan.asksFor("n7")) {
      findings.addAll(new Depth(workspace, plan, say).run());
    }
    return findings;
  }
}
