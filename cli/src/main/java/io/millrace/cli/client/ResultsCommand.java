package io.millrace.cli.client;

import io.millrace.cli.client.Server.Answer;
import io.millrace.cli.terminal.Arguments;
import io.millrace.cli.terminal.Arguments.Understood;
import io.millrace.cli.terminal.Exit;
import io.millrace.cli.terminal.Misused;
import io.millrace.cli.terminal.Terminal;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * {@code millrace results}: brings what came of many jobs, a line each. A stream that breaks is
 * taken up again behind the last job that came; a file that is there already, likewise.
 */
public final class ResultsCommand {

  /** How long one goes on asking a server from which nothing comes. */
  private static final Duration ABSENCE = Duration.ofSeconds(60);

  private static final long PAUSE_MILLIS = 500;

  private final Terminal terminal;

  public ResultsCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  /** Runs the command and returns its exit code. */
  public int run(List<String> words) throws IOException, InterruptedException {
    Set<String> valued = new HashSet<>(FilterOptions.OPTIONS);
    valued.addAll(Set.of("-o", "--output", "--after-id"));
    var arguments = Arguments.parse(words, Understood.of(valued, Set.of()));
    arguments.refuseWords();
    String file = arguments.value(arguments.has("-o") ? "-o" : "--output");
    var show = new ShowJob(terminal, false);
    try (var lines = ResultLines.to(file == null ? null : Path.of(file), terminal);
        var server = Server.of(terminal)) {
      if (arguments.has("--after-id") && lines.last() != null) {
        throw new Misused("%s says itself where to go on; leave --after-id out.".formatted(file));
      }
      return fetch(server, arguments, lines, show);
    } catch (Unreachable unreachable) {
      return show.unreachable(unreachable);
    }
  }

  private int fetch(Server server, Arguments arguments, ResultLines lines, ShowJob show)
      throws IOException, InterruptedException {
    List<String> filter = FilterOptions.parameters(arguments);
    long heard = System.nanoTime();
    while (true) {
      long before = lines.count();
      try {
        String after = lines.last() == null ? arguments.value("--after-id") : lines.last();
        Answer refusal = server.stream(path(filter, after), lines::copy);
        if (refusal == null) {
          lines.done();
          return Exit.SUCCEEDED;
        }
        if (!refusal.isAway() || isOver(heard)) {
          return show.refused(refusal);
        }
      } catch (Unreachable broken) {
        if (lines.count() > before) {
          heard = System.nanoTime();
        } else if (isOver(heard) || lines.isUntouched()) {
          lines.done();
          throw broken;
        }
      }
      TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
    }
  }

  private static boolean isOver(long heard) {
    return System.nanoTime() - heard > ABSENCE.toNanos();
  }

  private static String path(List<String> filter, @Nullable String after) {
    String query = String.join("&", filter);
    String cursor = after == null ? "" : "after_id=" + after;
    return "/v1/jobs/results?" + query + (query.isEmpty() || after == null ? "" : "&") + cursor;
  }
}
