package io.millrace.cli.client;

import io.millrace.cli.client.Server.Answer;
import io.millrace.cli.terminal.Arguments;
import io.millrace.cli.terminal.Arguments.Understood;
import io.millrace.cli.terminal.Exit;
import io.millrace.cli.terminal.Terminal;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** {@code millrace list}: shows many jobs, the newest first. */
public final class ListCommand {

  private static final int PAGE = 1_000;

  private final Terminal terminal;

  public ListCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  /** Runs the command and returns its exit code. */
  public int run(List<String> words) throws InterruptedException {
    Set<String> valued = new HashSet<>(FilterOptions.OPTIONS);
    valued.add("--limit");
    var arguments = Arguments.parse(words, Understood.of(valued, Set.of("--all", "--json")));
    arguments.refuseWords();
    int wanted =
        arguments.has("--all")
            ? Integer.MAX_VALUE
            : arguments.number("--limit", 20, 1, Integer.MAX_VALUE);
    var show = new ShowJob(terminal, arguments.has("--json"));
    try (var server = Server.of(terminal)) {
      return list(server, FilterOptions.parameters(arguments), wanted, show);
    } catch (Unreachable unreachable) {
      return show.unreachable(unreachable);
    }
  }

  private int list(Server server, List<String> filter, int wanted, ShowJob show)
      throws InterruptedException {
    int shown = 0;
    String cursor = null;
    do {
      Answer answer = server.get(path("/v1/jobs", filter, Math.min(wanted - shown, PAGE), cursor));
      Page page = answer.isGood() ? Page.of(answer.body()) : null;
      if (page == null) {
        return show.refused(answer);
      }
      print(page, shown == 0, show);
      shown += page.items().size();
      cursor = page.next();
    } while (cursor != null && shown < wanted);
    if (shown == 0 && !show.json()) {
      show.say("There are no such jobs.");
    } else if (cursor != null && !show.json()) {
      show.say("There are more: --limit <n>, or --all.");
    }
    return Exit.SUCCEEDED;
  }

  static String path(String path, List<String> filter, int limit, @Nullable String cursor) {
    String query = String.join("&", filter);
    return path
        + "?limit="
        + limit
        + (query.isEmpty() ? "" : "&" + query)
        + (cursor == null ? "" : "&after_id=" + cursor);
  }

  private void print(Page page, boolean first, ShowJob show) {
    if (show.json()) {
      page.items().forEach(job -> show.print(job.json()));
      return;
    }
    var table =
        new Table("ID", "STATUS", "LANE", "MODEL", "CREATED", "CALLS", "COST", "CUSTOM ID", "WHY");
    for (Page.Item item : page.items()) {
      Map<?, ?> job = item.fields();
      Object why = Table.at(job, "failure", "code");
      table.row(
          job.get("id"),
          job.get("status"),
          job.get("lane"),
          job.get("model"),
          Table.time(job.get("created_at")),
          job.get("attempts"),
          Table.at(job, "cost", "amount"),
          job.get("custom_id"),
          why == null ? job.get("waiting_for") : why);
    }
    if (!table.isEmpty()) {
      table.lines(first).forEach(terminal.out()::println);
      terminal.out().flush();
    }
  }
}
