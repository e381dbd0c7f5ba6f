package io.millrace.cli.bulk;

import io.millrace.cli.client.Server;
import io.millrace.cli.client.Server.Answer;
import io.millrace.cli.client.ShowJob;
import io.millrace.cli.client.Table;
import io.millrace.cli.client.Unreachable;
import io.millrace.cli.terminal.Arguments;
import io.millrace.cli.terminal.Arguments.Understood;
import io.millrace.cli.terminal.Exit;
import io.millrace.cli.terminal.Terminal;
import java.io.PrintStream;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** {@code millrace bulk status}: how batches stand; without an id, all that have not ended. */
final class StatusCommand {

  private static final int LOOKED_AT = 1_000;

  private final Terminal terminal;

  StatusCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  /** Runs the command and returns its exit code: that of the batch that is worst off. */
  int run(List<String> words) throws InterruptedException {
    var arguments = Arguments.parse(words, Understood.of(Set.of(), Set.of("--json")));
    List<String> ids = BatchIds.of(arguments);
    boolean json = arguments.has("--json");
    if (ids.isEmpty()) {
      return new ListBatchesCommand(terminal).list(LOOKED_AT, true, json);
    }
    var show = new ShowJob(terminal, json);
    int exit = Exit.SUCCEEDED;
    try (var server = Server.of(terminal)) {
      for (String id : ids) {
        Answer answer = server.get("/v1/messages/batches/" + id);
        Batch batch = answer.isGood() ? Batch.of(answer.body()) : null;
        if (batch == null) {
          return show.refused(answer);
        }
        if (json) {
          show.print(answer.body());
        } else {
          print(batch);
        }
        exit = Math.max(exit, exit(batch));
      }
      return exit;
    } catch (Unreachable unreachable) {
      return show.unreachable(unreachable);
    }
  }

  private static int exit(Batch batch) {
    if (!batch.hasEnded()) {
      return Exit.NOT_FINISHED;
    }
    return batch.tally().failed() == 0 ? Exit.SUCCEEDED : Exit.FAILED;
  }

  private void print(Batch batch) {
    Tally tally = batch.tally();
    PrintStream out = terminal.out();
    out.println(batch.id() + " " + batch.status());
    line("items", Standing.format("%,d, %,d done", batch.items(), tally.ended()));
    line(
        "of these",
        Standing.format(
            "%,d succeeded, %,d errored, %,d canceled, %,d expired",
            tally.succeeded(), tally.errored(), tally.canceled(), tally.expired()));
    line("speed", batch.at("millrace", "items_per_second"), " items/s");
    line("tokens", Standing.format("%,d in, %,d out", tally.inputTokens(), tally.outputTokens()));
    line("cost", Standing.cost(tally));
    line("backend", batch.at("millrace", "backend"), "");
    line("lane", batch.at("millrace", "lane"), "");
    line("feature", batch.at("millrace", "feature"), "");
    line("created", Table.time(batch.at("created_at")), "");
    line("expires", Table.time(batch.at("expires_at")), "");
    line("canceled", Table.time(batch.at("cancel_initiated_at")), "");
    line("ended", Table.time(batch.at("ended_at")), "");
    out.flush();
  }

  private void line(String name, @Nullable Object value, String unit) {
    if (value != null) {
      line(name, value + unit);
    }
  }

  private void line(String name, String value) {
    terminal.out().println(Standing.format("  %-9s %s", name, value));
  }
}
