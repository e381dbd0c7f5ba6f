package io.millrace.cli.client;

import io.millrace.cli.client.Server.Answer;
import io.millrace.cli.terminal.Arguments;
import io.millrace.cli.terminal.Exit;
import io.millrace.cli.terminal.Misused;
import io.millrace.cli.terminal.Terminal;
import java.math.BigDecimal;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Shows what became of deliveries, and has them made again. */
final class WebhookDeliveries {

  private static final String DELIVERIES = "/v1/webhooks/deliveries";

  private final Server server;
  private final Terminal terminal;
  private final ShowJob show;

  WebhookDeliveries(Server server, Terminal terminal, ShowJob show) {
    this.server = server;
    this.terminal = terminal;
    this.show = show;
  }

  /** The latest, or the attempts of one. */
  int list(List<String> named, Arguments arguments) throws InterruptedException {
    if (named.size() > 1) {
      throw new Misused("Give one delivery's id, or none.");
    }
    if (!named.isEmpty()) {
      return attempts(WebhooksCommand.plain(named.getFirst()));
    }
    var query = new StringBuilder("?limit=" + arguments.number("--limit", 20, 1, 1_000));
    parameter(query, "endpoint_id", arguments.value("--endpoint"));
    parameter(query, "status", arguments.value("--status"));
    Answer answer = server.get(DELIVERIES + query);
    Page page = answer.isGood() ? Page.of(answer.body()) : null;
    if (page == null) {
      return show.refused(answer);
    }
    var table = new Table("DELIVERY", "EVENT", "STATUS", "ATTEMPTS", "ANSWER", "NEXT", "OF");
    for (Page.Item item : page.items()) {
      Map<?, ?> delivery = item.fields();
      table.row(
          delivery.get("id"),
          delivery.get("event_type"),
          delivery.get("status"),
          delivery.get("attempts"),
          outcome(delivery),
          Table.time(delivery.get("next_attempt_at")),
          delivery.get("job_id"));
    }
    return print(answer, table, "There are no such deliveries.");
  }

  private int attempts(String delivery) throws InterruptedException {
    Answer answer = server.get(DELIVERIES + "/" + delivery + "/attempts?limit=1000");
    Page page = answer.isGood() ? Page.of(answer.body()) : null;
    if (page == null) {
      return show.refused(answer);
    }
    var table = new Table("ATTEMPT", "STARTED", "ANSWER", "RESPONSE");
    for (Page.Item item : page.items()) {
      Map<?, ?> attempt = item.fields();
      table.row(
          attempt.get("number"),
          Table.time(attempt.get("started_at")),
          outcome(attempt),
          attempt.get("response"));
    }
    return print(answer, table, "It was not attempted yet.");
  }

  private int print(Answer answer, Table table, String none) {
    if (show.json()) {
      show.print(answer.body());
    } else if (table.isEmpty()) {
      show.say(none);
    } else {
      table.lines(true).forEach(terminal.out()::println);
      terminal.out().flush();
    }
    return Exit.SUCCEEDED;
  }

  /** Why it came to nothing, or what was answered. */
  private static @Nullable Object outcome(Map<?, ?> fields) {
    Object code = Table.at(fields, "error", "code");
    Object status = fields.get("http_status");
    return code == null || "http_status".equals(code) ? status : code;
  }

  /** One, or all of a filter, as often as the server has more. */
  int replay(List<String> named, Arguments arguments) throws InterruptedException {
    List<String> fields = fields(arguments);
    if (named.size() > 1 || named.isEmpty() == fields.isEmpty()) {
      throw new Misused(
          "Give one delivery's id, or say which by --endpoint, --status, --from or --to.");
    }
    if (!named.isEmpty()) {
      Answer answer =
          server.post(
              DELIVERIES + "/" + WebhooksCommand.plain(named.getFirst()) + "/replay",
              ControlCommand.body(List.of()));
      Map<?, ?> delivery = WebhooksCommand.object(answer);
      if (delivery == null) {
        return show.refused(answer);
      }
      if (show.json()) {
        show.print(answer.body());
      }
      show.say("%s is %s.".formatted(delivery.get("id"), delivery.get("status")));
      return Exit.SUCCEEDED;
    }
    return replayAll(fields, arguments.has("--dry-run"));
  }

  private int replayAll(List<String> fields, boolean dryRun) throws InterruptedException {
    long replayed = 0;
    long skipped = 0;
    Object last = null;
    do {
      List<String> all = new ArrayList<>(fields);
      all.add("\"dry_run\":" + dryRun);
      if (last instanceof String id) {
        all.add("\"after_id\":" + ControlCommand.quoted(id));
      }
      Answer answer = server.post(DELIVERIES + "/replay", ControlCommand.body(all));
      Map<?, ?> part = WebhooksCommand.object(answer);
      if (part == null) {
        return show.refused(answer);
      }
      replayed += number(part, "replayed");
      skipped += number(part, "skipped");
      last = part.get("last_id");
    } while (last != null);
    if (show.json()) {
      show.print(
          Json.utf8(
              "{\"type\":\"webhook_replay\",\"dry_run\":%s,\"replayed\":%d,\"skipped\":%d}"
                  .formatted(dryRun, replayed, skipped)));
    } else {
      terminal
          .out()
          .println(
              "%,d %sreplayed%s"
                  .formatted(
                      replayed,
                      dryRun ? "would be " : "",
                      skipped == 0 ? "" : "; of %,d the endpoint is gone".formatted(skipped)));
      terminal.out().flush();
    }
    return Exit.SUCCEEDED;
  }

  private static List<String> fields(Arguments arguments) {
    List<String> fields = new ArrayList<>();
    field(fields, "endpoint_id", arguments.value("--endpoint"));
    field(fields, "status", arguments.value("--status"));
    field(fields, "from", arguments.value("--from"));
    field(fields, "to", arguments.value("--to"));
    return fields;
  }

  private static void field(List<String> fields, String name, @Nullable String value) {
    if (value != null) {
      fields.add("\"%s\":%s".formatted(name, ControlCommand.quoted(value)));
    }
  }

  private static void parameter(StringBuilder query, String name, @Nullable String value) {
    if (value != null) {
      query
          .append('&')
          .append(name)
          .append('=')
          .append(URLEncoder.encode(value, StandardCharsets.UTF_8));
    }
  }

  private static long number(Map<?, ?> part, String name) {
    return part.get(name) instanceof BigDecimal number ? number.longValue() : 0;
  }
}
