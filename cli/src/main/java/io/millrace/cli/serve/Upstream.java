package io.millrace.cli.serve;

import io.millrace.cli.terminal.Terminal;
import io.millrace.simulator.Simulator;
import io.millrace.simulator.SimulatorSettings;
import java.io.UncheckedIOException;

/**
 * Which Claude is called.
 *
 * @param said how a person is told
 */
record Upstream(String url, String apiKey, String said) {

  private static final String ANTHROPIC = "https://api.anthropic.com";

  static boolean hasKey(Terminal terminal) {
    return terminal.variable("ANTHROPIC_API_KEY") != null;
  }

  /** The real one where there is a key for it and the simulator was not asked for. */
  static Upstream choose(Terminal terminal, boolean simulated, Closing closing) {
    String key = terminal.variable("ANTHROPIC_API_KEY");
    String url = terminal.variable("ANTHROPIC_BASE_URL");
    if (!simulated && key != null) {
      String at = url == null ? ANTHROPIC : url;
      return new Upstream(at, key, at + " with the key from ANTHROPIC_API_KEY: calls are billed");
    }
    Upstream simulator = simulator(SimulatorSettings.local(), closing);
    String why = key == null ? "no ANTHROPIC_API_KEY is set" : "--simulator";
    String ignored = url == null ? "" : "; ANTHROPIC_BASE_URL is not used";
    return new Upstream(
        simulator.url,
        simulator.apiKey,
        "the built-in simulator (%s; nothing is billed%s)".formatted(why, ignored));
  }

  static Upstream simulator(SimulatorSettings settings, Closing closing) {
    try {
      Simulator simulator = closing.add(Simulator.start(settings));
      return new Upstream(simulator.baseUri().toString(), "simulator", "the built-in simulator");
    } catch (UncheckedIOException taken) {
      throw new StartFailed(
          "The simulator cannot listen on port %d of %s. Is the port taken?"
              .formatted(settings.port(), settings.host()),
          taken);
    }
  }

  /** The key stays out of whatever prints this. */
  @Override
  public String toString() {
    return url;
  }
}
