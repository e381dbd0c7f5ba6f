package io.millrace.cli.bulk;

import io.millrace.cli.client.Page;
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

/** {@code millrace bulk list}: shows batches, the newest first. */
final class ListBatchesCommand {

  private static final int PAGE = 1_000;

  private final Terminal terminal;

  ListBatchesCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  /** Runs the command and returns its exit code. */
  int run(List<String> words) throws InterruptedException {
    var arguments =
        Arguments.parse(words, Understood.of(Set.of("--limit"), Set.of("--all", "--json")));
    arguments.refuseWords();
    int wanted =
        arguments.has("--all")
            ? Integer.MAX_VALUE
            : arguments.number("--limit", 20, 1, Integer.MAX_VALUE);
    return list(wanted, false, arguments.has("--json"));
  }

  /** Shows as many at most; those that have not ended, or all. */
  int list(int wanted, boolean running, boolean json) throws InterruptedException {
    var show = new ShowJob(terminal, json);
    try (var server = Server.of(terminal)) {
      int seen = 0;
      boolean shown = false;
      String cursor = null;
      do {
        Answer answer =
            server.get(
                "/v1/messages/batches?limit="
                    + Math.min(wanted - seen, PAGE)
                    + (cursor == null ? "" : "&after_id=" + cursor));
        Page page = answer.isGood() ? Page.of(answer.body()) : null;
        if (page == null) {
          return show.refused(answer);
        }
        shown |= print(page, running, !shown, show);
        seen += page.items().size();
        cursor = page.next();
      } while (cursor != null && seen < wanted);
      if (!shown && !json) {
        show.say(running ? "No batch is running." : "There are no batches.");
      } else if (cursor != null && !json && !running) {
        show.say("There are more: --limit <n>, or --all.");
      }
      return Exit.SUCCEEDED;
    } catch (Unreachable unreachable) {
      return show.unreachable(unreachable);
    }
  }

  private boolean print(Page page, boolean running, boolean first, ShowJob show) {
    var table = new BatchTable();
    boolean any = false;
    for (Page.Item item : page.items()) {
      var batch = new Batch(item.fields());
      if (running && batch.hasEnded()) {
        continue;
      }
      any = true;
      if (show.json()) {
        show.print(item.json());
      } else {
        table.add(batch);
      }
    }
    if (!table.isEmpty()) {
      table.lines(first).forEach(terminal.out()::println);
      terminal.out().flush();
    }
    return any;
  }
}
