package io.millrace.cli.terminal;

import java.lang.reflect.Proxy;

/**
 * Ctrl-C and its like, for which the JDK offers nothing but an unsupported class, reached here
 * without a compile-time tie.
 */
public final class Signal {

  private Signal() {}

  /** Does this at each signal of that name, such as {@code INT}, instead of ending the process. */
  public static void on(String name, Runnable action) {
    try {
      Class<?> signal = Class.forName("sun.misc.Signal");
      Class<?> handler = Class.forName("sun.misc.SignalHandler");
      Object listener =
          Proxy.newProxyInstance(
              Signal.class.getClassLoader(),
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
