package io.millrace.cli.bulk;

import io.millrace.cli.client.Server;
import io.millrace.cli.client.Server.Answer;
import io.millrace.cli.client.ShowJob;
import io.millrace.cli.client.Unreachable;
import io.millrace.cli.terminal.Arguments;
import io.millrace.cli.terminal.Arguments.Understood;
import io.millrace.cli.terminal.Exit;
import io.millrace.cli.terminal.Terminal;
import java.util.List;
import java.util.Set;

/** {@code millrace bulk cancel} and {@code millrace bulk delete}. */
final class EndCommand {

  private final Terminal terminal;
  private final String verb;

  EndCommand(Terminal terminal, String verb) {
    this.terminal = terminal;
    this.verb = verb;
  }

  /** Runs the command and returns its exit code. */
  int run(List<String> words) throws InterruptedException {
    var arguments = Arguments.parse(words, Understood.of(Set.of(), Set.of("--json")));
    List<String> ids = BatchIds.atLeastOne(arguments, verb);
    var show = new ShowJob(terminal, arguments.has("--json"));
    int exit = Exit.SUCCEEDED;
    try (var server = Server.of(terminal)) {
      for (String id : ids) {
        Answer answer = ask(server, "/v1/messages/batches/" + id);
        if (!answer.isGood()) {
          show.say(id + ":");
          exit = show.refused(answer);
        } else if (show.json()) {
          show.print(answer.body());
        } else {
          terminal.out().println(id + " " + outcome(answer));
        }
        if (exit == Exit.UNREACHABLE) {
          return exit;
        }
      }
    } catch (Unreachable unreachable) {
      return show.unreachable(unreachable);
    }
    return exit;
  }

  private Answer ask(Server server, String path) throws InterruptedException {
    return verb.equals("cancel") ? server.post(path + "/cancel", new byte[0]) : server.delete(path);
  }

  private String outcome(Answer answer) {
    if (verb.equals("delete")) {
      return "is deleted";
    }
    Batch batch = Batch.of(answer.body());
    return batch != null && batch.hasEnded()
        ? "has ended"
        : "is being canceled; calls that are made already may still be answered and billed";
  }
}
