package io.millrace.cli.client;

import io.millrace.cli.client.Server.Answer;
import io.millrace.cli.terminal.Arguments;
import io.millrace.cli.terminal.Arguments.Understood;
import io.millrace.cli.terminal.Exit;
import io.millrace.cli.terminal.Misused;
import io.millrace.cli.terminal.Nearest;
import io.millrace.cli.terminal.Terminal;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** {@code millrace limits}: shows what the pools' limits leave, and holds pools back. */
public final class LimitsCommand {

  private static final List<String> VERBS = List.of("list", "pause", "resume");

  private final Terminal terminal;

  public LimitsCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  /** Runs the command and returns its exit code. */
  public int run(List<String> words) throws InterruptedException {
    var arguments =
        Arguments.parse(words, Understood.of(Set.of("--reason"), Set.of("--all", "--json")));
    String verb = arguments.words().isEmpty() ? "list" : arguments.words().getFirst();
    if (!VERBS.contains(verb)) {
      throw new Misused(
          "Say what to do with pools: list, pause or resume." + Nearest.hint(verb, VERBS));
    }
    if (arguments.has("--reason") && !verb.equals("pause")) {
      throw new Misused("--reason is for pause.");
    }
    var show = new ShowJob(terminal, arguments.has("--json"));
    List<String> pools = arguments.words().stream().skip(1).toList();
    if (verb.equals("list") ? !pools.isEmpty() : pools.size() != 1) {
      throw new Misused(
          verb.equals("list")
              ? "'%s' is not understood here.".formatted(pools.getFirst())
              : "Give one pool's name; ./millrace limits shows them.");
    }
    try (var server = Server.of(terminal)) {
      return verb.equals("list")
          ? list(server, show, arguments.has("--all"))
          : change(server, show, verb, pools.getFirst(), arguments.value("--reason"));
    } catch (Unreachable unreachable) {
      return show.unreachable(unreachable);
    }
  }

  private int list(Server server, ShowJob show, boolean all) throws InterruptedException {
    Answer answer = server.get("/v1/limits");
    Page page = answer.isGood() ? Page.of(answer.body()) : null;
    if (page == null) {
      return show.refused(answer);
    }
    if (show.json()) {
      show.print(answer.body());
      return Exit.SUCCEEDED;
    }
    var pools =
        page.items().stream()
            .<Map<?, ?>>map(Page.Item::fields)
            .filter(pool -> all || !LimitsTable.isUnused(pool))
            .toList();
    if (!pools.isEmpty()) {
      LimitsTable.lines(pools).forEach(terminal.out()::println);
      terminal.out().flush();
    }
    pools.stream().flatMap(LimitsTable::remarks).forEach(show::say);
    int hidden = page.items().size() - pools.size();
    if (hidden > 0) {
      show.say(
          "%d %s: --all shows %s."
              .formatted(
                  hidden,
                  hidden == 1 ? "pool is unused" : "pools are unused",
                  hidden == 1 ? "it" : "them"));
    }
    return Exit.SUCCEEDED;
  }

  private int change(Server server, ShowJob show, String verb, String pool, @Nullable String reason)
      throws InterruptedException {
    String name = URLEncoder.encode(pool, StandardCharsets.UTF_8).replace("+", "%20");
    List<String> fields =
        reason == null ? List.of() : List.of("\"reason\":" + ControlCommand.quoted(reason));
    Answer answer = server.post("/v1/limits/" + name + "/" + verb, ControlCommand.body(fields));
    if (!answer.isGood() || !(Json.readOrNull(answer.body()) instanceof Map<?, ?> changed)) {
      return show.refused(answer);
    }
    if (show.json()) {
      show.print(answer.body());
    }
    List<String> remarks = LimitsTable.remarks(changed).toList();
    if (remarks.isEmpty()) {
      show.say("Pool %s is not paused.".formatted(changed.get("id")));
    }
    remarks.forEach(show::say);
    if (verb.equals("pause")) {
      show.say("What runs finishes, the rest stays queued.");
    }
    return Exit.SUCCEEDED;
  }
}
