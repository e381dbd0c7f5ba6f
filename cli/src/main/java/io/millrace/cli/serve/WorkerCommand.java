package io.millrace.cli.serve;

import io.millrace.cli.terminal.Terminal;
import io.millrace.worker.WorkerApplication;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** {@code millrace worker}: the worker service as a process of its own. */
public final class WorkerCommand {

  private final Terminal terminal;

  public WorkerCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  /** Returns only if it cannot start; the process otherwise ends by a signal. */
  public int run(List<String> words) throws InterruptedException {
    Map<String, String> needs = new LinkedHashMap<>();
    needs.put("SPRING_DATASOURCE_URL", "spring.datasource.url");
    needs.put("SPRING_DATASOURCE_USERNAME", "spring.datasource.username");
    needs.put("SPRING_KAFKA_BOOTSTRAP_SERVERS", "spring.kafka.bootstrap-servers");
    needs.put("ANTHROPIC_API_KEY", "anthropic.api-key");
    return new RunAlone(terminal, "worker", WorkerApplication::main).run(words, needs);
  }
}
