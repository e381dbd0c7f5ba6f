package io.millrace.cli.serve;

import io.millrace.cli.terminal.Terminal;
import java.lang.reflect.Proxy;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Ends the process in good order at the first Ctrl-C or SIGTERM and at once at the second, for
 * which the JDK offers nothing but an unsupported class, reached here without a compile-time tie.
 */
final class Signals {

  private Signals() {}

  static void endAtSecond(Terminal terminal) {
    var ending = new AtomicBoolean();
    handle("INT", () -> end(ending, 130, terminal));
    handle("TERM", () -> end(ending, 143, terminal));
  }

  private static void end(AtomicBoolean ending, int exit, Terminal terminal) {
    if (ending.compareAndSet(false, true)) {
      terminal.err().println("Stopping; running calls may finish. Once more stops at once.");
      Thread.ofPlatform().name("millrace-exit").start(() -> System.exit(exit));
    } else {
      Runtime.getRuntime().halt(exit);
    }
  }

  private static void handle(String name, Runnable action) {
    try {
      Class<?> signal = Class.forName("sun.misc.Signal");
      Class<?> handler = Class.forName("sun.misc.SignalHandler");
      Object listener =
          Proxy.newProxyInstance(
              Signals.class.getClassLoader(),
              new Class<?>[] {handler},
              (proxy, method, arguments) -> {
                if (method.getName().equals("handle")) {
                  action.run();
                }
                return null;
              });
      signal
          .getMethod("handle", signal, handler)
          .invoke(null, signal.getConstructor(String.class).newInstance(name), listener);
    } catch (ReflectiveOperationException | RuntimeException absent) {
      // The JVM's own handling stays: it ends in good order, and ignores the second signal.
    }
  }
}
