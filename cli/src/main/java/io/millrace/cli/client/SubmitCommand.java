package io.millrace.cli.client;

import io.millrace.cli.client.Server.Answer;
import io.millrace.cli.terminal.Arguments;
import io.millrace.cli.terminal.Arguments.Understood;
import io.millrace.cli.terminal.Exit;
import io.millrace.cli.terminal.Misused;
import io.millrace.cli.terminal.Terminal;
import java.io.IOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/** {@code millrace submit}: hands a job in and, unless told otherwise, waits for its answer. */
public final class SubmitCommand {

  private static final int DAY = 24 * 60 * 60;

  private final Terminal terminal;

  public SubmitCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  /** Runs the command and returns its exit code. */
  public int run(List<String> words) throws IOException, InterruptedException {
    Set<String> valued = new HashSet<>(Submission.OPTIONS);
    valued.addAll(Set.of("--timeout", "--idempotency-key"));
    var arguments =
        Arguments.parse(words, Understood.of(valued, Set.of("--wait", "--no-wait", "--json")));
    if (arguments.has("--wait") && arguments.has("--no-wait")) {
      throw new Misused("--wait and --no-wait exclude each other.");
    }
    Duration patience = Duration.ofSeconds(arguments.number("--timeout", 600, 0, DAY));
    byte[] body = new Submission(arguments, terminal).body();
    String key = arguments.value("--idempotency-key", UUID.randomUUID().toString());
    var show = new ShowJob(terminal, arguments.has("--json"));
    try (var server = Server.of(terminal)) {
      Answer accepted = server.submit(body, key);
      Job job = accepted.isGood() ? Job.of(accepted.body()) : null;
      if (job == null) {
        return show.refused(accepted);
      }
      if (arguments.has("--no-wait")) {
        show.print(show.json() ? job.json() : Json.utf8(job.id()));
        return Exit.SUCCEEDED;
      }
      return await(job, server, patience, show);
    } catch (Unreachable unreachable) {
      return show.unreachable(unreachable);
    }
  }

  private int await(Job job, Server server, Duration patience, ShowJob show)
      throws InterruptedException {
    try {
      Answer answer = new AwaitJob(server, terminal).within(job.id(), patience);
      Job seen = answer.isGood() ? Job.of(answer.body()) : null;
      if (seen != null) {
        return seen.isFinal() ? show.ended(seen) : show.unfinished(seen);
      }
      return show.refused(answer);
    } catch (Unreachable gone) {
      show.say("The job was accepted as %1$s. Ask later: ./millrace get %1$s".formatted(job.id()));
      throw gone;
    }
  }
}
