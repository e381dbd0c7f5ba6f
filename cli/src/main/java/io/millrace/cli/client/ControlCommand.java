package io.millrace.cli.client;

import io.millrace.cli.client.Server.Answer;
import io.millrace.cli.terminal.Arguments;
import io.millrace.cli.terminal.Arguments.Understood;
import io.millrace.cli.terminal.Exit;
import io.millrace.cli.terminal.Misused;
import io.millrace.cli.terminal.Terminal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * {@code millrace cancel} and {@code millrace replay}: for jobs by their ids, or all of a filter.
 */
public final class ControlCommand {

  /** Options that narrow the filter; the field of the same name, with underscores, takes it. */
  private static final List<String> FILTER =
      List.of(
          "--status",
          "--lane",
          "--custom-id",
          "--user-id",
          "--feature",
          "--batch-id",
          "--created-after",
          "--created-before");

  private static final List<String> TERMS = List.of("--expires-at", "--max-attempts");

  private final Terminal terminal;
  private final ControlVerb verb;

  public ControlCommand(Terminal terminal, ControlVerb verb) {
    this.terminal = terminal;
    this.verb = verb;
  }

  /** Runs the command and returns its exit code. */
  public int run(List<String> words) throws InterruptedException {
    var arguments = Arguments.parse(words, understood());
    boolean filtered = arguments.has("--all") || FILTER.stream().anyMatch(arguments::has);
    if (arguments.words().isEmpty() != filtered) {
      throw new Misused(
          filtered
              ? "Give ids or a filter, not both."
              : "Give ids, or say which jobs by --status, --lane, --feature…; --all means every one.");
    }
    List<String> ids = JobIds.of(arguments);
    var show = new ShowJob(terminal, arguments.has("--json"));
    try (var server = Server.of(terminal)) {
      return filtered
          ? new ControlMatching(server, terminal, show, verb)
              .run(fields(arguments), arguments.has("--yes"), arguments.has("--dry-run"))
          : each(server, show, ids, body(terms(arguments)));
    } catch (Unreachable unreachable) {
      return show.unreachable(unreachable);
    }
  }

  private Understood understood() {
    Set<String> valued = new HashSet<>(FILTER);
    if (verb == ControlVerb.REPLAY) {
      valued.addAll(TERMS);
    }
    return Understood.of(valued, Set.of("--all", "--yes", "--dry-run", "--json"));
  }

  private int each(Server server, ShowJob show, List<String> ids, byte[] body)
      throws InterruptedException {
    int exit = Exit.SUCCEEDED;
    for (String id : ids) {
      Answer answer = server.post("/v1/jobs/" + id + "/" + verb.word(), body);
      Job job = answer.isGood() ? Job.of(answer.body()) : null;
      if (job == null) {
        show.say(id + ":");
        exit = show.refused(answer);
      } else if (show.json()) {
        show.print(job.json());
      } else {
        terminal.out().println(job.id() + " " + said(job));
      }
      if (exit == Exit.UNREACHABLE) {
        return exit;
      }
    }
    return exit;
  }

  private String said(Job job) {
    return verb == ControlVerb.CANCEL && job.status().equals("running")
        ? "is asked to stop"
        : "is " + job.status();
  }

  private static List<String> terms(Arguments arguments) {
    List<String> fields = new ArrayList<>();
    String expiresAt = arguments.value("--expires-at");
    if (expiresAt != null) {
      fields.add("\"expires_at\":" + quoted(expiresAt));
    }
    if (arguments.has("--max-attempts")) {
      fields.add("\"max_attempts\":" + arguments.number("--max-attempts", 1, 1, 20));
    }
    return fields;
  }

  private static List<String> fields(Arguments arguments) {
    List<String> fields = new ArrayList<>(terms(arguments));
    for (String option : FILTER) {
      String value = arguments.value(option);
      if (value != null) {
        fields.add('"' + option.substring(2).replace('-', '_') + "\":" + quoted(value));
      }
    }
    if (arguments.has("--all")) {
      fields.add("\"all\":true");
    }
    return fields;
  }

  static byte[] body(List<String> fields) {
    return Json.utf8("{" + String.join(",", fields) + "}");
  }

  static String quoted(String text) {
    return new String(Json.string(text), StandardCharsets.UTF_8);
  }
}
