package io.millrace.cli.recompute;

import io.millrace.cli.recompute.Recompute.Wanted;
import io.millrace.cli.settings.ServiceSettings;
import io.millrace.cli.terminal.Arguments;
import io.millrace.cli.terminal.Arguments.Understood;
import io.millrace.cli.terminal.Exit;
import io.millrace.cli.terminal.Misused;
import io.millrace.cli.terminal.Terminal;
import io.millrace.db.sql.Database;
import io.millrace.db.sql.Failures;
import io.millrace.db.usage.Corrections;
import io.millrace.model.ModelCatalogue;
import io.millrace.model.UnusableModelSetting;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jooq.exception.DataAccessException;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.core.env.ConfigurableEnvironment;

/** {@code millrace recompute}: prices the recorded calls again. */
public final class RecomputeCommand {

  private static final LocalDate FIRST = LocalDate.of(2000, 1, 1);
  private static final LocalDate LAST = LocalDate.of(9999, 1, 1);

  private final Terminal terminal;

  public RecomputeCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  /** Runs the command and returns its exit code. */
  public int run(List<String> words) {
    var arguments =
        Arguments.parse(
            words,
            Understood.of(Set.of("--from", "--to", "--model"), Set.of("--dry-run")).withSettings());
    arguments.refuseWords();
    Instant from = day(arguments, "--from", FIRST);
    Instant to = day(arguments, "--to", LAST);
    if (!from.isBefore(to)) {
      throw new Misused("--from should be before --to.");
    }
    var wanted = new Wanted(from, to, arguments.value("--model"), arguments.has("--dry-run"));
    ConfigurableEnvironment environment = ServiceSettings.read(terminal, arguments.settings());
    Database.Address address = ServiceSettings.database(environment).orElse(null);
    if (address == null) {
      return fail(
          Exit.FAILED, "SPRING_DATASOURCE_URL is not set: it names the database to correct.");
    }
    try (var database = Database.open(address, "recompute", 2)) {
      return recompute(
          new Recompute(new Corrections(database), catalogue(environment), wanted), wanted);
    } catch (UnusableModelSetting unusable) {
      throw new Misused(String.valueOf(unusable.getMessage()));
    } catch (DataAccessException failure) {
      return fail(
          Failures.isConnection(failure) ? Exit.UNREACHABLE : Exit.FAILED,
          "The database did not do it: %s. What was corrected so far stays; run it again to go on."
              .formatted(failure.getMessage()));
    }
  }

  private int recompute(Recompute recompute, Wanted wanted) {
    Tally tally =
        recompute.run(sofar -> {
          if (terminal.watched()) {
            terminal.err().print("\r" + sofar.progress() + " ");
            terminal.err().flush();
          }
        });
    if (terminal.watched()) {
      terminal.err().println();
    } else {
      terminal.err().println(tally.progress());
    }
    tally.lines(wanted.dryRun()).forEach(terminal.out()::println);
    terminal.out().flush();
    return Exit.SUCCEEDED;
  }

  private static ModelCatalogue catalogue(ConfigurableEnvironment environment) {
    return ModelCatalogue.configured(
        Binder.get(environment)
            .bind(ModelCatalogue.SETTINGS, Bindable.mapOf(String.class, String.class))
            .orElse(Map.of()));
  }

  private static Instant day(Arguments arguments, String name, LocalDate otherwise) {
    @Nullable String value = arguments.value(name);
    try {
      LocalDate day = value == null ? otherwise : LocalDate.parse(value);
      if (!day.isBefore(FIRST) && !day.isAfter(LAST)) {
        return day.atStartOfDay(ZoneOffset.UTC).toInstant();
      }
    } catch (DateTimeException word) {
      // Said below.
    }
    throw new Misused("%s should be a day like 2026-11-01, not '%s'.".formatted(name, value));
  }

  private int fail(int exit, String message) {
    terminal.err().println("millrace: " + message);
    return exit;
  }
}
