package io.millrace.cli;

import io.millrace.cli.terminal.Terminal;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Calls the command as a shell would, within this JVM. */
final class Shell {

  private final Map<String, String> environment = new HashMap<>();
  private String input = "";
  private boolean watched;

  /** How a command ended. */
  record Ended(int exit, String out, String err) {}

  Shell with(String variable, String value) {
    environment.put(variable, value);
    return this;
  }

  Shell typing(String text) {
    input = text;
    return this;
  }

  /** A person sits in front of it. */
  Shell watched() {
    watched = true;
    return this;
  }

  Ended run(String... arguments) {
    var out = new ByteArrayOutputStream();
    var err = new ByteArrayOutputStream();
    try {
      int exit =
          Main.run(
              List.of(arguments),
              new Terminal(
                  new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)),
                  new PrintStream(out, true, StandardCharsets.UTF_8),
                  new PrintStream(err, true, StandardCharsets.UTF_8),
                  watched,
                  environment));
      return new Ended(
          exit, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    } catch (IOException | InterruptedException unexpected) {
      throw new AssertionError(unexpected);
    }
  }
}
