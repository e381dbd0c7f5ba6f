package io.millrace.cli.serve;

import io.millrace.cli.terminal.Signal;
import io.millrace.cli.terminal.Terminal;
import java.util.concurrent.atomic.AtomicBoolean;

/** Ends the process in good order at the first Ctrl-C or SIGTERM and at once at the second. */
final class Signals {

  private Signals() {}

  static void endAtSecond(Terminal terminal) {
    var ending = new AtomicBoolean();
    Signal.on("INT", () -> end(ending, 130, terminal));
    Signal.on("TERM", () -> end(ending, 143, terminal));
  }

  private static void end(AtomicBoolean ending, int exit, Terminal terminal) {
    if (ending.compareAndSet(false, true)) {
      terminal.err().println("Stopping; running calls may finish. Once more stops at once.");
      Thread.ofPlatform().name("millrace-exit").start(() -> System.exit(exit));
    } else {
      Runtime.getRuntime().halt(exit);
    }
  }
}
