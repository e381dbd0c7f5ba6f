package io.millrace.cli.client;

import io.millrace.cli.client.Server.Answer;
import io.millrace.cli.terminal.Arguments;
import io.millrace.cli.terminal.Arguments.Understood;
import io.millrace.cli.terminal.Exit;
import io.millrace.cli.terminal.Terminal;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** {@code millrace usage}: what was used and what it cost, as a table. */
public final class UsageCommand {

  private final Terminal terminal;

  public UsageCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  /** Runs the command and returns its exit code. */
  public int run(List<String> words) throws InterruptedException {
    var arguments =
        Arguments.parse(
            words,
            Understood.of(Set.of("--from", "--to", "--group-by", "--tenant"), Set.of("--json")));
    arguments.refuseWords();
    var show = new ShowJob(terminal, arguments.has("--json"));
    try (var server = Server.of(terminal)) {
      Answer answer = server.usage(query(arguments));
      UsageTable table = answer.isGood() ? UsageTable.of(answer.body()) : null;
      if (table == null) {
        return show.refused(answer);
      }
      if (show.json()) {
        show.print(answer.body());
      } else {
        table.lines().forEach(terminal.out()::println);
        terminal.out().flush();
        table.remarks().forEach(show::say);
      }
      return Exit.SUCCEEDED;
    } catch (Unreachable unreachable) {
      return show.unreachable(unreachable);
    }
  }

  private static Map<String, String> query(Arguments arguments) {
    Map<String, String> query = new LinkedHashMap<>();
    put(query, "from", arguments.value("--from"));
    put(query, "to", arguments.value("--to"));
    put(query, "group_by", arguments.value("--group-by", "model"));
    put(query, "tenant", arguments.value("--tenant"));
    return query;
  }

  private static void put(Map<String, String> query, String name, @Nullable String value) {
    if (value != null) {
      query.put(name, value);
    }
  }
}
