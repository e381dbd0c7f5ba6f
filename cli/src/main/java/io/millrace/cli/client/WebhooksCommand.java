package io.millrace.cli.client;

import io.millrace.cli.client.Server.Answer;
import io.millrace.cli.terminal.Arguments;
import io.millrace.cli.terminal.Arguments.Understood;
import io.millrace.cli.terminal.Exit;
import io.millrace.cli.terminal.Misused;
import io.millrace.cli.terminal.Nearest;
import io.millrace.cli.terminal.Terminal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** {@code millrace webhooks}: keeps the endpoints that are told of what happens. */
public final class WebhooksCommand {

  private static final String ENDPOINTS = "/v1/webhooks/endpoints";
  private static final String EVENTS = "job.succeeded,job.failed,job.canceled,job.expired";
  private static final Set<String> NONE = Set.of();

  /** What each verb takes beside {@code --json}. */
  private static final Map<String, Set<String>> VERBS = verbs();

  private final Terminal terminal;

  public WebhooksCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  private static Map<String, Set<String>> verbs() {
    Map<String, Set<String>> verbs = new LinkedHashMap<>();
    verbs.put("list", NONE);
    verbs.put(
        "create", Set.of("--events", "--features", "--description", "--batch-items", "--ed25519"));
    verbs.put("delete", NONE);
    verbs.put("rotate", Set.of("--overlap", "--ed25519", "--hmac"));
    verbs.put("test", NONE);
    verbs.put("pause", NONE);
    verbs.put("resume", NONE);
    verbs.put("deliveries", Set.of("--endpoint", "--status", "--limit"));
    verbs.put("replay", Set.of("--endpoint", "--status", "--from", "--to", "--dry-run"));
    return verbs;
  }

  /** Runs the command and returns its exit code. */
  public int run(List<String> words) throws InterruptedException {
    var arguments =
        Arguments.parse(
            words,
            Understood.of(
                Set.of(
                    "--events",
                    "--features",
                    "--description",
                    "--overlap",
                    "--endpoint",
                    "--status",
                    "--limit",
                    "--from",
                    "--to"),
                Set.of("--batch-items", "--ed25519", "--hmac", "--dry-run", "--json")));
    String verb = arguments.words().isEmpty() ? "list" : arguments.words().getFirst();
    Set<String> options = VERBS.get(verb);
    if (options == null) {
      throw new Misused(
          "Say what to do with webhooks: %s.%s"
              .formatted(
                  String.join(", ", VERBS.keySet()),
                  Nearest.hint(verb, List.copyOf(VERBS.keySet()))));
    }
    VERBS.values().stream()
        .flatMap(Set::stream)
        .filter(option -> arguments.has(option) && !options.contains(option))
        .findFirst()
        .ifPresent(option -> {
          throw new Misused("%s is not for %s.".formatted(option, verb));
        });
    List<String> named = arguments.words().stream().skip(1).toList();
    var show = new ShowJob(terminal, arguments.has("--json"));
    try (var server = Server.of(terminal)) {
      var deliveries = new WebhookDeliveries(server, terminal, show);
      return switch (verb) {
        case "list" -> list(server, show, named);
        case "create" -> create(server, show, only(named, "Give one URL."), arguments);
        case "deliveries" -> deliveries.list(named, arguments);
        case "replay" -> deliveries.replay(named, arguments);
        default -> change(server, show, verb, only(named, "Give one endpoint's id."), arguments);
      };
    } catch (Unreachable unreachable) {
      return show.unreachable(unreachable);
    }
  }

  private int list(Server server, ShowJob show, List<String> named) throws InterruptedException {
    if (!named.isEmpty()) {
      throw new Misused("'%s' is not understood here.".formatted(named.getFirst()));
    }
    Answer answer = server.get(ENDPOINTS + "?limit=1000");
    Page page = answer.isGood() ? Page.of(answer.body()) : null;
    if (page == null) {
      return show.refused(answer);
    }
    if (show.json()) {
      show.print(answer.body());
      return Exit.SUCCEEDED;
    }
    if (page.items().isEmpty()) {
      show.say("There are no endpoints.");
      return Exit.SUCCEEDED;
    }
    var table = new Table("ENDPOINT", "STATUS", "FAILING SINCE", "LAST SUCCESS", "URL", "EVENTS");
    for (Page.Item item : page.items()) {
      Map<?, ?> endpoint = item.fields();
      table.row(
          endpoint.get("id"),
          endpoint.get("status"),
          Table.time(endpoint.get("failing_since")),
          Table.time(endpoint.get("last_success_at")),
          endpoint.get("url"),
          endpoint.get("event_types") instanceof List<?> types
              ? types.stream().map(String::valueOf).collect(Collectors.joining(","))
              : null);
    }
    table.lines(true).forEach(terminal.out()::println);
    terminal.out().flush();
    return Exit.SUCCEEDED;
  }

  private int create(Server server, ShowJob show, String url, Arguments arguments)
      throws InterruptedException {
    List<String> fields = new ArrayList<>();
    fields.add("\"url\":" + ControlCommand.quoted(url));
    fields.add("\"event_types\":" + texts(arguments.value("--events", EVENTS)));
    String features = arguments.value("--features");
    if (features != null) {
      fields.add("\"features\":" + texts(features));
    }
    String description = arguments.value("--description");
    if (description != null) {
      fields.add("\"description\":" + ControlCommand.quoted(description));
    }
    if (arguments.has("--batch-items")) {
      fields.add("\"include_batch_items\":true");
    }
    if (arguments.has("--ed25519")) {
      fields.add("\"signing\":\"ed25519\"");
    }
    return withSecret(show, server.post(ENDPOINTS, ControlCommand.body(fields)));
  }

  private int change(Server server, ShowJob show, String verb, String id, Arguments arguments)
      throws InterruptedException {
    String path = ENDPOINTS + "/" + plain(id);
    if (verb.equals("rotate")) {
      List<String> fields = new ArrayList<>();
      if (arguments.has("--overlap")) {
        fields.add("\"overlap_seconds\":" + arguments.number("--overlap", 0, 0, 604_800));
      }
      if (arguments.has("--ed25519") || arguments.has("--hmac")) {
        fields.add("\"signing\":\"%s\"".formatted(arguments.has("--ed25519") ? "ed25519" : "hmac"));
      }
      return withSecret(show, server.post(path + "/rotate", ControlCommand.body(fields)));
    }
    Answer answer =
        verb.equals("delete")
            ? server.delete(path)
            : server.post(path + "/" + verb, ControlCommand.body(List.of()));
    Map<?, ?> done = object(answer);
    if (done == null) {
      return show.refused(answer);
    }
    if (show.json()) {
      show.print(answer.body());
    }
    show.say(said(verb, done));
    return Exit.SUCCEEDED;
  }

  private static String said(String verb, Map<?, ?> done) {
    return switch (verb) {
      case "delete" -> "%s is gone, and what was pending for it.".formatted(done.get("id"));
      case "test" ->
          "%1$s is on its way. See what becomes of it: ./millrace webhooks deliveries %1$s"
              .formatted(done.get("id"));
      case "pause" -> "%s is paused: what it is to be told of waits.".formatted(done.get("id"));
      default ->
          "%s is active; %s deliveries that it did not get can be replayed."
              .formatted(done.get("id"), done.get("replayable"));
    };
  }

  /** What to verify with is the command's result; standard output has nothing else. */
  private int withSecret(ShowJob show, Answer answer) {
    Map<?, ?> endpoint = object(answer);
    if (endpoint == null) {
      return show.refused(answer);
    }
    if (show.json()) {
      show.print(answer.body());
      return Exit.SUCCEEDED;
    }
    boolean secret = endpoint.get("secret") != null;
    terminal.out().println(secret ? endpoint.get("secret") : endpoint.get("public_key"));
    terminal.out().flush();
    show.say(
        "%s for %s: %s"
            .formatted(
                secret ? "Secret" : "Public key",
                endpoint.get("id"),
                secret ? "keep it, it is not shown again." : "verify with it."));
    if (endpoint.get("previous_signs_until") != null) {
      show.say(
          "What signed so far signs beside it until %s."
              .formatted(Table.time(endpoint.get("previous_signs_until"))));
    }
    return Exit.SUCCEEDED;
  }

  static @Nullable Map<?, ?> object(Answer answer) {
    return answer.isGood() && Json.readOrNull(answer.body()) instanceof Map<?, ?> object
        ? object
        : null;
  }

  /** An id as it may stand in a path. */
  static String plain(String id) {
    if (!id.matches("[a-z]+_[0-9a-z]+")) {
      throw new Misused("'%s' is no id.".formatted(id.replaceAll("\\p{Cntrl}", "?")));
    }
    return id;
  }

  private static String only(List<String> named, String otherwise) {
    if (named.size() != 1) {
      throw new Misused(otherwise);
    }
    return named.getFirst();
  }

  private static String texts(String words) {
    return Arrays.stream(words.split(",", -1))
        .map(String::strip)
        .map(ControlCommand::quoted)
        .collect(Collectors.joining(",", "[", "]"));
  }
}
