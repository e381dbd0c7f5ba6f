package io.millrace.cli;

import io.millrace.cli.access.KeysCommand;
import io.millrace.cli.access.TenantsCommand;
import io.millrace.cli.bench.BenchCommand;
import io.millrace.cli.bulk.BulkCommand;
import io.millrace.cli.client.ControlCommand;
import io.millrace.cli.client.ControlVerb;
import io.millrace.cli.client.DeleteCommand;
import io.millrace.cli.client.EventsCommand;
import io.millrace.cli.client.GetCommand;
import io.millrace.cli.client.LimitsCommand;
import io.millrace.cli.client.ListCommand;
import io.millrace.cli.client.ResultsCommand;
import io.millrace.cli.client.SubmitCommand;
import io.millrace.cli.client.UsageCommand;
import io.millrace.cli.client.WebhooksCommand;
import io.millrace.cli.recompute.RecomputeCommand;
import io.millrace.cli.reseal.ResealCommand;
import io.millrace.cli.serve.ApiCommand;
import io.millrace.cli.serve.InfraCommand;
import io.millrace.cli.serve.UpCommand;
import io.millrace.cli.serve.WorkerCommand;
import io.millrace.cli.terminal.Exit;
import io.millrace.cli.terminal.Misused;
import io.millrace.cli.terminal.Nearest;
import io.millrace.cli.terminal.Terminal;
import io.millrace.simulator.SimulatorMain;
import java.io.IOException;
import java.util.List;

/** Entry of the {@code millrace} command. */
public final class Main {

  // "test" is the launcher's own and comes here only to be explained.
  private static final List<String> COMMANDS =
      List.of(
          "up",
          "infra",
          "api",
          "worker",
          "simulator",
          "submit",
          "get",
          "list",
          "results",
          "events",
          "bulk",
          "usage",
          "recompute",
          "reseal",
          "cancel",
          "replay",
          "delete",
          "webhooks",
          "keys",
          "tenants",
          "limits",
          "bench",
          "test",
          "help");

  private Main() {}

  public static void main(String[] arguments) throws IOException, InterruptedException {
    Terminal terminal = Terminal.ofProcess();
    int exit = run(List.of(arguments), terminal);
    terminal.out().flush();
    terminal.err().flush();
    System.exit(exit);
  }

  static int run(List<String> arguments, Terminal terminal)
      throws IOException, InterruptedException {
    String command = arguments.isEmpty() ? "help" : arguments.getFirst();
    List<String> rest = arguments.isEmpty() ? List.of() : arguments.subList(1, arguments.size());
    try {
      if (List.of("--help", "-h", "help").contains(command)) {
        return help(rest, terminal);
      }
      if (List.of("--version", "-V", "version").contains(command)) {
        terminal.out().println("millrace " + Texts.version());
        return Exit.SUCCEEDED;
      }
      if (!COMMANDS.contains(command)) {
        throw new Misused(
            "There is no command '%s'.%s".formatted(command, Nearest.hint(command, COMMANDS)));
      }
      if (asksForHelp(rest)) {
        return help(List.of(command), terminal);
      }
      return call(command, rest, terminal);
    } catch (Misused misused) {
      terminal.err().println("millrace: " + misused.getMessage());
      terminal
          .err()
          .println(
              COMMANDS.contains(command)
                  ? "Try: ./millrace " + command + " --help"
                  : "Try: ./millrace help");
      return Exit.MISUSED;
    }
  }

  private static int call(String command, List<String> arguments, Terminal terminal)
      throws IOException, InterruptedException {
    return switch (command) {
      case "up" -> new UpCommand(terminal, Texts.version()).run(arguments);
      case "infra" -> new InfraCommand(terminal).run(arguments);
      case "api" -> new ApiCommand(terminal).run(arguments);
      case "worker" -> new WorkerCommand(terminal).run(arguments);
      case "simulator" -> {
        SimulatorMain.main(arguments.toArray(String[]::new));
        yield Exit.SUCCEEDED;
      }
      case "submit" -> new SubmitCommand(terminal).run(arguments);
      case "bulk" -> new BulkCommand(terminal).run(arguments);
      case "bench" -> new BenchCommand(terminal).run(arguments);
      case "cancel" -> new ControlCommand(terminal, ControlVerb.CANCEL).run(arguments);
      case "replay" -> new ControlCommand(terminal, ControlVerb.REPLAY).run(arguments);
      case "delete" -> new DeleteCommand(terminal).run(arguments);
      case "get" -> new GetCommand(terminal).run(arguments);
      case "list" -> new ListCommand(terminal).run(arguments);
      case "results" -> new ResultsCommand(terminal).run(arguments);
      case "events" -> new EventsCommand(terminal).run(arguments);
      case "usage" -> new UsageCommand(terminal).run(arguments);
      case "webhooks" -> new WebhooksCommand(terminal).run(arguments);
      case "recompute" -> new RecomputeCommand(terminal).run(arguments);
      case "reseal" -> new ResealCommand(terminal).run(arguments);
      case "keys" -> new KeysCommand(terminal).run(arguments);
      case "limits" -> new LimitsCommand(terminal).run(arguments);
      case "tenants" -> new TenantsCommand(terminal).run(arguments);
      default -> throw new Misused("'%s' is run by ./millrace itself.".formatted(command));
    };
  }

  private static boolean asksForHelp(List<String> arguments) {
    int end = arguments.indexOf("--");
    List<String> options = end < 0 ? arguments : arguments.subList(0, end);
    return options.contains("--help") || options.contains("-h");
  }

  private static int help(List<String> topics, Terminal terminal)
      throws IOException, InterruptedException {
    String topic = topics.isEmpty() ? "help" : topics.getFirst();
    if (!COMMANDS.contains(topic)) {
      throw new Misused(
          "There is no command '%s'.%s".formatted(topic, Nearest.hint(topic, COMMANDS)));
    }
    if (topic.equals("simulator")) {
      return call(topic, List.of("--help"), terminal);
    }
    terminal.out().print(Texts.help(topic));
    return Exit.SUCCEEDED;
  }
}
