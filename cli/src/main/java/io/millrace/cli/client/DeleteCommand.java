package io.millrace.cli.client;

import io.millrace.cli.client.Server.Answer;
import io.millrace.cli.terminal.Arguments;
import io.millrace.cli.terminal.Arguments.Understood;
import io.millrace.cli.terminal.Exit;
import io.millrace.cli.terminal.Misused;
import io.millrace.cli.terminal.Terminal;
import java.util.List;
import java.util.Set;

/** {@code millrace delete}: erases jobs that have ended. */
public final class DeleteCommand {

  private final Terminal terminal;

  public DeleteCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  /** Runs the command and returns its exit code. */
  public int run(List<String> words) throws InterruptedException {
    var arguments = Arguments.parse(words, Understood.of(Set.of(), Set.of("--json")));
    List<String> ids = JobIds.of(arguments);
    if (ids.isEmpty()) {
      throw new Misused("Which job? Give its id: ./millrace delete job_…");
    }
    var show = new ShowJob(terminal, arguments.has("--json"));
    int exit = Exit.SUCCEEDED;
    try (var server = Server.of(terminal)) {
      for (String id : ids) {
        Answer answer = server.delete("/v1/jobs/" + id);
        if (!answer.isGood()) {
          show.say(id + ":");
          exit = show.refused(answer);
        } else if (show.json()) {
          show.print(answer.body());
        } else {
          terminal.out().println(id + " is deleted");
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
}
