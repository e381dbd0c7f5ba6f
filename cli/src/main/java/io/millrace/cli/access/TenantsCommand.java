package io.millrace.cli.access;

import io.millrace.api.tenant.TenantJson;
import io.millrace.cli.terminal.Arguments;
import io.millrace.cli.terminal.Arguments.Understood;
import io.millrace.cli.terminal.Exit;
import io.millrace.cli.terminal.Misused;
import io.millrace.cli.terminal.Nearest;
import io.millrace.cli.terminal.Terminal;
import io.millrace.db.tenant.Tenant;
import io.millrace.db.tenant.Tenants;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;

/** {@code millrace tenants}: shows the tenants and holds their jobs back. */
public final class TenantsCommand {

  private static final List<String> VERBS = List.of("list", "pause", "resume");

  private final Terminal terminal;

  public TenantsCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  /** Runs the command and returns its exit code. */
  public int run(List<String> words) {
    String verb = words.isEmpty() ? "" : words.getFirst();
    var arguments =
        Arguments.parse(
            words.isEmpty() ? words : words.subList(1, words.size()),
            Understood.of(Set.of(Store.DATA), Set.of("--json")));
    return switch (verb) {
      case "list" -> list(arguments);
      case "pause" ->
          change(
              arguments,
              Tenants::pause,
              "Tenant %s is paused: what runs finishes, the rest stays queued.");
      case "resume" -> change(arguments, Tenants::resume, "Tenant %s is not paused.");
      default ->
          throw new Misused(
              "Say what to do with tenants: list, pause or resume." + Nearest.hint(verb, VERBS));
    };
  }

  private int list(Arguments arguments) {
    arguments.refuseWords();
    return new Store(terminal, arguments)
        .on(database -> {
          List<Tenant> tenants = new Tenants(database).latest(Integer.MAX_VALUE);
          if (arguments.has("--json")) {
            print(KeyJson.list(tenants, TenantJson::write));
          } else if (tenants.isEmpty()) {
            terminal.err().println("There are no tenants.");
          } else {
            var table = new Table("TENANT", "KEYS", "CREATED", "PAUSED");
            for (Tenant tenant : tenants) {
              table.add(
                  tenant.name(),
                  String.valueOf(tenant.keys()),
                  Table.time(tenant.createdAt()),
                  Table.time(tenant.pausedAt()));
            }
            table.print(terminal.out());
          }
          return Exit.SUCCEEDED;
        });
  }

  private int change(
      Arguments arguments, BiFunction<Tenants, String, Optional<Tenant>> verb, String done) {
    if (arguments.words().size() != 1) {
      throw new Misused("Give one tenant's name; ./millrace tenants list shows them.");
    }
    String name = arguments.words().getFirst();
    if (!Tenant.canBeCalled(name)) {
      throw new Misused("'%s' cannot be a tenant's name: %s.".formatted(name, Tenant.NAME_RULE));
    }
    return new Store(terminal, arguments)
        .on(database -> {
          Optional<Tenant> changed = verb.apply(new Tenants(database), name);
          if (changed.isEmpty()) {
            terminal.err().println("millrace: There is no tenant '%s'.".formatted(name));
            return Exit.FAILED;
          }
          if (arguments.has("--json")) {
            print(TenantJson.write(changed.get()));
          }
          terminal.err().println(done.formatted(name));
          return Exit.SUCCEEDED;
        });
  }

  private void print(byte[] line) {
    terminal.out().write(line, 0, line.length);
    terminal.out().println();
    terminal.out().flush();
  }
}
