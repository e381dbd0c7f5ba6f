package io.millrace.cli.client;

import io.millrace.cli.client.Server.Answer;
import io.millrace.cli.terminal.Exit;
import java.util.List;
import java.util.Map;

/** The calls of a job, the latest first. */
final class ShowAttempts {

  private static final int PAGE = 1_000;

  private final Server server;
  private final ShowJob show;

  ShowAttempts(Server server, ShowJob show) {
    this.server = server;
    this.show = show;
  }

  int of(String id) throws InterruptedException {
    var table =
        new Table(
            "CALL",
            "SERIES",
            "STARTED",
            "FIRST BYTE",
            "FINISHED",
            "OUTCOME",
            "CODE",
            "HTTP",
            "MODEL",
            "COST",
            "SUSPECTED",
            "REQUEST ID",
            "NOTE");
    String cursor = null;
    do {
      Answer answer =
          server.get(ListCommand.path("/v1/jobs/" + id + "/attempts", List.of(), PAGE, cursor));
      Page page = answer.isGood() ? Page.of(answer.body()) : null;
      if (page == null) {
        return show.refused(answer);
      }
      page.items().forEach(attempt -> add(attempt, table));
      cursor = page.next();
    } while (cursor != null);
    if (table.isEmpty() && !show.json()) {
      show.say("No call was made for it.");
    } else if (!show.json()) {
      table.lines(true).forEach(show.terminal().out()::println);
      show.terminal().out().flush();
    }
    return Exit.SUCCEEDED;
  }

  private void add(Page.Item item, Table table) {
    if (show.json()) {
      show.print(item.json());
      return;
    }
    Map<?, ?> attempt = item.fields();
    table.row(
        attempt.get("number"),
        attempt.get("series"),
        attempt.get("started_at"),
        attempt.get("first_byte_at"),
        attempt.get("finished_at"),
        attempt.get("outcome"),
        attempt.get("code"),
        attempt.get("http_status"),
        attempt.get("model"),
        Table.at(attempt, "cost", "amount"),
        Table.at(attempt, "cost", "suspected"),
        attempt.get("provider_request_id"),
        note(attempt));
  }

  private static String note(Map<?, ?> attempt) {
    if (Boolean.TRUE.equals(attempt.get("presumed"))) {
      return "presumed";
    }
    return Boolean.TRUE.equals(attempt.get("fenced_out")) ? "came too late" : "";
  }
}
