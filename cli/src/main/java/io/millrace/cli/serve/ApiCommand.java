package io.millrace.cli.serve;

import io.millrace.api.ApiApplication;
import io.millrace.cli.terminal.Terminal;
import java.util.List;
import java.util.Map;

/** {@code millrace api}: the api service as a process of its own. */
public final class ApiCommand {

  private final Terminal terminal;

  public ApiCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  /** Returns only if it cannot start; the process otherwise ends by a signal. */
  public int run(List<String> words) throws InterruptedException {
    // Kafka is not among its needs: intake works without.
    return new RunAlone(terminal, "api", ApiApplication::main)
        .run(words, Map.of("SPRING_DATASOURCE_URL", "spring.datasource.url"));
  }
}
