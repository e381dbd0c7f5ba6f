package io.millrace.cli.serve;

import io.millrace.cli.terminal.Arguments;
import io.millrace.cli.terminal.Arguments.Understood;
import io.millrace.cli.terminal.Exit;
import io.millrace.cli.terminal.Misused;
import io.millrace.cli.terminal.Terminal;
import io.millrace.simulator.SimulatorMain;
import io.millrace.simulator.SimulatorSettings;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/**
 * {@code millrace infra}: what api and worker need, for those who run them by themselves. Standard
 * output is for programs: addresses as {@code KEY=value}, {@code READY=1} last.
 */
public final class InfraCommand {

  private static final Set<String> SIMULATOR =
      Set.of(
          "--latency",
          "--output-tokens",
          "--limits",
          "--batch-time",
          "--batch-factor",
          "--keys",
          "--journal",
          "--seed");

  private final Terminal terminal;

  public InfraCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  /** Returns only if it cannot start; the process otherwise ends by a signal. */
  public int run(List<String> words) throws InterruptedException {
    Set<String> valued = new HashSet<>(SIMULATOR);
    valued.addAll(Set.of("--data", "--postgres-port", "--kafka-port", "--simulator-port"));
    var arguments = Arguments.parse(words, Understood.of(valued, Set.of("--simulator")));
    arguments.refuseWords();
    SimulatorSettings simulator = simulator(arguments);
    var plan =
        new Infrastructure.Plan(
            Infrastructure.data(arguments),
            arguments.number("--postgres-port", 0, 0, 65_535),
            arguments.number("--kafka-port", 0, 0, 65_535),
            true);
    boolean simulated =
        arguments.has("--simulator")
            || arguments.has("--simulator-port")
            || (!Upstream.hasKey(terminal) && terminal.variable("ANTHROPIC_BASE_URL") == null);
    try {
      start(plan, simulated ? simulator : null);
    } catch (RuntimeException failure) {
      terminal.err().println("millrace: " + StartFailed.reason(failure));
      return Exit.FAILED;
    }
    new CountDownLatch(1).await();
    return Exit.SUCCEEDED;
  }

  private static SimulatorSettings simulator(Arguments arguments) {
    List<String> options = new ArrayList<>();
    options.add("--port=" + arguments.number("--simulator-port", 0, 0, 65_535));
    for (String option : SIMULATOR) {
      if (arguments.has(option)) {
        options.add(option + "=" + arguments.value(option));
      }
    }
    try {
      return SimulatorMain.settings(options.toArray(String[]::new));
    } catch (IllegalArgumentException wrong) {
      throw new Misused(String.valueOf(wrong.getMessage()));
    }
  }

  private void start(Infrastructure.Plan plan, @Nullable SimulatorSettings simulator) {
    var progress = new Progress(terminal.err());
    progress.say("Data in " + plan.data());
    var closing = Closing.atExit(terminal);
    var running = Infrastructure.start(plan, closing, progress);
    tell("SPRING_DATASOURCE_URL", running.postgres().jdbcUrl());
    tell("SPRING_DATASOURCE_USERNAME", running.postgres().username());
    tell("SPRING_DATASOURCE_PASSWORD", running.postgres().password());
    tell("SPRING_KAFKA_BOOTSTRAP_SERVERS", running.kafka().bootstrapServers());
    if (simulator != null) {
      Upstream upstream = Upstream.simulator(simulator, closing);
      progress.ready("Simulator", upstream.url());
      tell("ANTHROPIC_BASE_URL", upstream.url());
      tell("ANTHROPIC_API_KEY", upstream.apiKey());
    }
    tell("MILLRACE_POSTGRES_PID", running.postgres().pid().orElse(0L));
    tell("MILLRACE_KAFKA_PID", running.kafka().pid());
    tell("READY", 1);
  }

  private void tell(String name, Object value) {
    terminal.out().println(name + "=" + value);
    terminal.out().flush();
  }
}
