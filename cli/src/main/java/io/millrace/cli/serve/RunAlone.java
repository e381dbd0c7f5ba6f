package io.millrace.cli.serve;

import io.millrace.cli.terminal.Arguments;
import io.millrace.cli.terminal.Arguments.Understood;
import io.millrace.cli.terminal.Exit;
import io.millrace.cli.terminal.Terminal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Runs one service as this process, after a look at whether it has been told what it needs. */
final class RunAlone {

  // First, so that the user's own settings win.
  private static final List<String> QUIET =
      List.of("--spring.main.banner-mode=off", "--spring.main.log-startup-info=false");

  private final Terminal terminal;
  private final String name;
  private final Consumer<String[]> main;

  RunAlone(Terminal terminal, String name, Consumer<String[]> main) {
    this.terminal = terminal;
    this.name = name;
    this.main = main;
  }

  /**
   * Returns only if it cannot start; the process otherwise ends by a signal.
   *
   * @param needs environment variables that must be set, or given as the setting beside them
   */
  int run(List<String> words, Map<String, String> needs) throws InterruptedException {
    var arguments = Arguments.parse(words, Understood.of(Set.of(), Set.of()).withSettings());
    arguments.refuseWords();
    for (var need : needs.entrySet()) {
      if (terminal.variable(need.getKey()) == null && setting(arguments, need.getValue()) == null) {
        return fail(
            "%s is not set: the %s cannot run without it. './millrace infra' starts what is needed and prints it; './millrace up' runs everything at once."
                .formatted(need.getKey(), name));
      }
    }
    try {
      List<String> settings = new ArrayList<>(QUIET);
      settings.addAll(arguments.settings());
      main.accept(settings.toArray(String[]::new));
    } catch (RuntimeException failure) {
      return fail(StartFailed.reason(failure));
    }
    terminal.err().println("Millrace's " + name + " is ready.");
    new CountDownLatch(1).await();
    return Exit.SUCCEEDED;
  }

  private static @Nullable String setting(Arguments arguments, String property) {
    return arguments.settings().stream()
        .filter(setting -> setting.startsWith("--" + property + "="))
        .findFirst()
        .orElse(null);
  }

  private int fail(String message) {
    terminal.err().println("millrace: " + message);
    return Exit.FAILED;
  }
}
