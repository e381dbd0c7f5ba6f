package io.millrace.cli.client;

import io.millrace.cli.client.Server.Answer;
import io.millrace.cli.terminal.Arguments;
import io.millrace.cli.terminal.Arguments.Understood;
import io.millrace.cli.terminal.Misused;
import io.millrace.cli.terminal.Terminal;
import java.time.Duration;
import java.util.List;
import java.util.Set;

/** {@code millrace get}: shows a job, at once or when it has ended. */
public final class GetCommand {

  private static final int DAY = 24 * 60 * 60;

  private final Terminal terminal;

  public GetCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  /** Runs the command and returns its exit code. */
  public int run(List<String> words) throws InterruptedException {
    var arguments =
        Arguments.parse(words, Understood.of(Set.of("--wait"), Set.of("--json", "--attempts")));
    if (arguments.words().size() != 1) {
      throw new Misused("Give one job's id: ./millrace get job_…");
    }
    String id = arguments.words().getFirst();
    if (!id.matches("job_\\w{1,100}")) {
      throw new Misused("'%s' is no job's id; ids read job_….".formatted(id));
    }
    Duration patience = Duration.ofSeconds(arguments.number("--wait", 0, 0, DAY));
    var show = new ShowJob(terminal, arguments.has("--json"));
    if (arguments.has("--attempts") && arguments.has("--wait")) {
      throw new Misused("--attempts shows what was done so far; leave --wait out.");
    }
    try (var server = Server.of(terminal)) {
      if (arguments.has("--attempts")) {
        return new ShowAttempts(server, show).of(id);
      }
      Answer answer =
          patience.isZero()
              ? server.job(id, 0)
              : new AwaitJob(server, terminal).within(id, patience);
      Job job = answer.isGood() ? Job.of(answer.body()) : null;
      if (job == null) {
        return show.refused(answer);
      }
      return job.isFinal() ? show.ended(job) : show.unfinished(job);
    } catch (Unreachable unreachable) {
      return show.unreachable(unreachable);
    }
  }
}
