package io.millrace.cli.reseal;

import io.millrace.cli.settings.ServiceSettings;
import io.millrace.cli.terminal.Arguments;
import io.millrace.cli.terminal.Arguments.Understood;
import io.millrace.cli.terminal.Exit;
import io.millrace.cli.terminal.Misused;
import io.millrace.cli.terminal.Terminal;
import io.millrace.db.job.SealedRows;
import io.millrace.db.job.SealedRows.Tally;
import io.millrace.db.seal.Sealer;
import io.millrace.db.seal.UnusableKeys;
import io.millrace.db.sql.Database;
import io.millrace.db.sql.Failures;
import java.util.List;
import java.util.Set;
import org.jooq.exception.DataAccessException;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.core.env.ConfigurableEnvironment;

/** {@code millrace reseal}: brings what is stored under the current encryption key. */
public final class ResealCommand {

  private final Terminal terminal;

  public ResealCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  /** Runs the command and returns its exit code. */
  public int run(List<String> words) {
    var arguments =
        Arguments.parse(words, Understood.of(Set.of(), Set.of("--dry-run")).withSettings());
    arguments.refuseWords();
    ConfigurableEnvironment environment = ServiceSettings.read(terminal, arguments.settings());
    Database.Address address = ServiceSettings.database(environment).orElse(null);
    if (address == null) {
      return fail(Exit.FAILED, "SPRING_DATASOURCE_URL is not set: it names the database.");
    }
    Sealer sealer;
    try {
      sealer = sealer(environment);
    } catch (UnusableKeys unusable) {
      throw new Misused(String.valueOf(unusable.getMessage()));
    }
    if (sealer.fingerprints().isEmpty()) {
      throw new Misused(
          "millrace.encryption.keys is not set: give this command the keys that the services have.");
    }
    try (var database = Database.open(address, "reseal", 2)) {
      var sealed = database.sealedBy(sealer);
      sealed.checkKeys();
      return reseal(new SealedRows(sealed), sealer, arguments.has("--dry-run"));
    } catch (UnusableKeys unusable) {
      return fail(Exit.FAILED, String.valueOf(unusable.getMessage()));
    } catch (DataAccessException failure) {
      return fail(
          Failures.isConnection(failure) ? Exit.UNREACHABLE : Exit.FAILED,
          "The database did not do it: %s. What was written anew so far stays; run it again to go on."
              .formatted(failure.getMessage()));
    }
  }

  private int reseal(SealedRows rows, Sealer sealer, boolean dryRun) {
    Tally tally =
        rows.reseal(
            dryRun,
            sofar -> {
              if (terminal.watched()) {
                terminal
                    .err()
                    .print(
                        "\r%,d values read, %,d to write anew "
                            .formatted(sofar.read(), sofar.resealed()));
                terminal.err().flush();
              }
            });
    if (terminal.watched()) {
      terminal.err().println();
    }
    String now =
        sealer.current() == null ? "plain" : "encrypted with '%s'".formatted(sealer.current());
    terminal.out().println("%,d values were %s already".formatted(tally.current(), now));
    terminal
        .out()
        .println(
            dryRun
                ? "%,d values would be %s".formatted(tally.resealed(), now)
                : "%,d values are %s now".formatted(tally.resealed(), now));
    tally
        .unreadable()
        .forEach((what, values) ->
            terminal
                .out()
                .println("%,d values could not be decrypted: %s".formatted(values, what)));
    terminal.out().flush();
    return tally.unreadable().isEmpty() ? Exit.SUCCEEDED : Exit.FAILED;
  }

  private static Sealer sealer(ConfigurableEnvironment environment) {
    var binder = Binder.get(environment);
    return Sealer.configured(
        name -> binder.bind(name, Bindable.listOf(String.class)).orElse(List.of()));
  }

  private int fail(int exit, String message) {
    terminal.err().println("millrace: " + message);
    return exit;
  }
}
