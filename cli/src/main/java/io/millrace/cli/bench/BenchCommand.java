package io.millrace.cli.bench;

import io.millrace.cli.terminal.Arguments;
import io.millrace.cli.terminal.Arguments.Understood;
import io.millrace.cli.terminal.Exit;
import io.millrace.cli.terminal.Misused;
import io.millrace.cli.terminal.Nearest;
import io.millrace.cli.terminal.Terminal;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** {@code millrace bench}: measures N2 to N5 and N7 and prints them beside their targets. */
public final class BenchCommand {

  private static final List<String> NUMBERS = List.of("n2", "n3", "n4", "n5", "n7");
  private static final List<String> USUAL = List.of("n2", "n3", "n5");
  private static final Understood UNDERSTOOD =
      Understood.of(
          Set.of("--seconds", "--jobs", "--warm-up", "--calls", "--depth", "--repeat", "--data"),
          Set.of("--json"));

  private final Terminal terminal;
  private final long start = System.nanoTime();

  public BenchCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  /** Measures; the exit code says whether it could, not whether the targets were met. */
  public int run(List<String> words) throws InterruptedException {
    var arguments = Arguments.parse(words, UNDERSTOOD);
    Plan plan = plan(arguments);
    try (var workspace = Workspace.open(plan.directory())) {
      var machine = Machine.look(workspace.root());
      List<Findings> runs = new ArrayList<>();
      for (int i = 1; i <= plan.repeat(); i++) {
        if (plan.repeat() > 1) {
          say("Run %d of %d".formatted(i, plan.repeat()));
        }
        runs.add(measure(workspace, plan));
      }
      String command = "millrace bench " + String.join(" ", words);
      var report = new Report(machine, command.strip(), runs);
      terminal.out().print(arguments.has("--json") ? report.json() : report.table());
      terminal.out().flush();
      return Exit.SUCCEEDED;
    } catch (IOException failure) {
      String why = failure.getMessage() == null ? failure.toString() : failure.getMessage();
      terminal.err().println("millrace: the benchmark could not be run: " + why);
      return Exit.FAILED;
    }
  }

  private static Plan plan(Arguments arguments) {
    boolean chosen = arguments.has("--data");
    Path home = Path.of(System.getProperty("millrace.home", ""));
    Path directory =
        chosen
            ? Path.of(arguments.value("--data", ""))
            : home.resolve(".millrace").resolve("bench");
    return new Plan(
        numbers(arguments.words()),
        Duration.ofSeconds(arguments.number("--seconds", 20, 5, 600)),
        arguments.number("--jobs", Integer.MAX_VALUE, 1_000, Integer.MAX_VALUE),
        arguments.number("--warm-up", 40_000, 100, 1_000_000),
        arguments.number("--calls", 10_000, 100, 18_000),
        arguments.number("--depth", 1_000_000, 10_000, 10_000_000),
        arguments.number("--repeat", 1, 1, 20),
        directory.toAbsolutePath().normalize());
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

  private Findings measure(Workspace workspace, Plan plan)
      throws IOException, InterruptedException {
    var findings = Findings.empty();
    var basics = new Basics(workspace, plan, this::say);
    if (plan.asksFor("n2")) {
      findings.addAll(basics.accepted());
    }
    if (plan.asksFor("n3") || plan.asksFor("n5")) {
      findings.addAll(basics.wholeStack());
    }
    if (plan.asksFor("n4")) {
      findings.addAll(new InFlight(workspace, plan, this::say).run());
    }
    if (plan.asksFor("n7")) {
      findings.addAll(new Depth(workspace, plan, this::say).run());
    }
    return findings;
  }

  private void say(String line) {
    terminal
        .err()
        .printf(Locale.ROOT, "[%4d s] %s%n", (System.nanoTime() - start) / 1_000_000_000, line);
    terminal.err().flush();
  }
}
