package io.millrace.cli.access;

import io.millrace.cli.terminal.Arguments;
import io.millrace.cli.terminal.Arguments.Understood;
import io.millrace.cli.terminal.Exit;
import io.millrace.cli.terminal.Misused;
import io.millrace.cli.terminal.Nearest;
import io.millrace.cli.terminal.Terminal;
import io.millrace.db.sql.Database;
import io.millrace.db.tenant.ApiKey;
import io.millrace.db.tenant.ApiKeys;
import io.millrace.db.tenant.ApiKeys.Role;
import io.millrace.db.tenant.KeySecret;
import io.millrace.db.tenant.Tenant;
import io.millrace.db.tenant.Tenants;
import java.security.SecureRandom;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** {@code millrace keys}: makes, shows and revokes the keys of tenants. */
public final class KeysCommand {

  private static final List<String> VERBS = List.of("create", "list", "revoke");
  private static final int LONGEST_NAME = 64;

  private final Terminal terminal;

  public KeysCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  /** Runs the command and returns its exit code. */
  public int run(List<String> words) {
    String verb = words.isEmpty() ? "" : words.getFirst();
    List<String> rest = words.isEmpty() ? words : words.subList(1, words.size());
    return switch (verb) {
      case "create" -> create(rest);
      case "list" -> list(rest);
      case "revoke" -> revoke(rest);
      default ->
          throw new Misused(
              "Say what to do with keys: create, list or revoke." + Nearest.hint(verb, VERBS));
    };
  }

  private int create(List<String> words) {
    var arguments =
        Arguments.parse(
            words,
            Understood.of(Set.of("--tenant", "--role", "--name", Store.DATA), Set.of("--json")));
    arguments.refuseWords();
    String tenant = tenant(arguments.value("--tenant"));
    if (tenant == null) {
      throw new Misused("--tenant <name> says whom the key is to speak for.");
    }
    String given = arguments.value("--role", Role.TENANT.wireName());
    Role role =
        Role.parse(given)
            .orElseThrow(() ->
                new Misused("--role should be tenant or operator, not '%s'.".formatted(given)));
    String name = name(arguments.value("--name"));
    return new Store(terminal, arguments)
        .migrated(database -> {
          var tenants = new Tenants(database);
          boolean isNew = tenants.named(tenant).isEmpty();
          var secret = KeySecret.create(new SecureRandom());
          ApiKey key = new ApiKeys(database).create(tenants.ensure(tenant), role, secret, name);
          if (arguments.has("--json")) {
            print(KeyJson.write(key, secret));
          } else {
            terminal.out().println(secret.text());
            terminal.out().flush();
          }
          say(
              "%s%s for tenant %s%s, role %s. The key is shown this once and cannot be read again."
                  .formatted(
                      key.id(),
                      name == null ? "" : " \"" + name + "\"",
                      tenant,
                      isNew ? " (new)" : "",
                      role.wireName()));
          return Exit.SUCCEEDED;
        });
  }

  private int list(List<String> words) {
    var arguments =
        Arguments.parse(
            words, Understood.of(Set.of("--tenant", Store.DATA), Set.of("--json", "--all")));
    arguments.refuseWords();
    String tenant = tenant(arguments.value("--tenant"));
    return new Store(terminal, arguments)
        .on(database -> {
          if (tenant != null && new Tenants(database).named(tenant).isEmpty()) {
            return fail("There is no tenant '%s'.".formatted(tenant));
          }
          List<ApiKey> keys =
              new ApiKeys(database)
                  .list(tenant).stream()
                      .filter(key -> arguments.has("--all") || key.revokedAt() == null)
                      .toList();
          if (arguments.has("--json")) {
            print(KeyJson.write(keys));
          } else {
            table(keys);
          }
          return Exit.SUCCEEDED;
        });
  }

  private void table(List<ApiKey> keys) {
    if (keys.isEmpty()) {
      say("There are no keys.");
      return;
    }
    var table = new Table("ID", "KEY", "TENANT", "ROLE", "NAME", "CREATED", "LAST USED", "REVOKED");
    for (ApiKey key : keys) {
      table.add(
          key.id(),
          key.hint(),
          key.tenant(),
          key.role().wireName(),
          key.fromEnvironment() ? "(MILLRACE_API_KEYS)" : key.label(),
          Table.time(key.createdAt()),
          Table.time(key.lastUsedAt()),
          Table.time(key.revokedAt()));
    }
    table.print(terminal.out());
  }

  private int revoke(List<String> words) {
    var arguments = Arguments.parse(words, Understood.of(Set.of(Store.DATA), Set.of("--json")));
    if (arguments.words().size() != 1) {
      throw new Misused("Give one key's id or hint, as ./millrace keys list shows them.");
    }
    String word = arguments.words().getFirst();
    return new Store(terminal, arguments)
        .on(database -> {
          List<ApiKey> named = new ApiKeys(database).named(word);
          if (named.isEmpty()) {
            // Not repeated: it may be a key.
            return fail("There is no such key; see ./millrace keys list.");
          }
          if (named.size() > 1) {
            return fail(
                "That may be any of %s: give one id."
                    .formatted(String.join(", ", named.stream().map(ApiKey::id).toList())));
          }
          return revoke(named.getFirst(), database, arguments);
        });
  }

  private int revoke(ApiKey key, Database database, Arguments arguments) {
    var keys = new ApiKeys(database);
    ApiKey revoked = keys.revoke(key);
    if (arguments.has("--json")) {
      print(KeyJson.write(revoked));
    }
    String who = "%s (%s) of tenant %s".formatted(revoked.id(), revoked.hint(), revoked.tenant());
    say(
        key.revokedAt() == null
            ? who + " is revoked: within 5 seconds no api takes it any more."
            : who + " was revoked at " + Table.time(key.revokedAt()) + ".");
    if (revoked.fromEnvironment()) {
      say("MILLRACE_API_KEYS brought it and cannot bring it back; take it out there as well.");
    }
    if (!keys.any()) {
      say("No key is left that may be used: api does not start again without one.");
    }
    return Exit.SUCCEEDED;
  }

  private static @Nullable String tenant(@Nullable String name) {
    if (name != null && !Tenant.canBeCalled(name)) {
      throw new Misused("'%s' cannot be a tenant's name: %s.".formatted(name, Tenant.NAME_RULE));
    }
    return name;
  }

  private static @Nullable String name(@Nullable String name) {
    if (name != null
        && (name.isBlank()
            || name.length() > LONGEST_NAME
            || name.chars().anyMatch(Character::isISOControl))) {
      throw new Misused("--name should be 1 to " + LONGEST_NAME + " printable characters.");
    }
    return name;
  }

  private int fail(String message) {
    say("millrace: " + message);
    return Exit.FAILED;
  }

  private void say(String line) {
    terminal.err().println(line);
  }

  private void print(byte[] line) {
    terminal.out().write(line, 0, line.length);
    terminal.out().println();
    terminal.out().flush();
  }
}
