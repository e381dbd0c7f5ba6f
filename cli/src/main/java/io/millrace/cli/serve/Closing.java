package io.millrace.cli.serve;

import io.millrace.cli.terminal.Terminal;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What has to be closed when the process ends, the last opened first. What is opened while it
 * already ends is closed at once.
 */
final class Closing {

  private static final Logger log = LoggerFactory.getLogger(Closing.class);

  private final Deque<AutoCloseable> open = new ArrayDeque<>();
  private boolean ending;

  /** Closes everything when the process ends; a second signal then ends it at once. */
  static Closing atExit(Terminal terminal) {
    var closing = new Closing();
    Runtime.getRuntime()
        .addShutdownHook(Thread.ofPlatform().name("millrace-stop").unstarted(closing::close));
    Signals.endAtSecond(terminal);
    return closing;
  }

  synchronized <T extends AutoCloseable> T add(T opened) {
    return keep(opened, open::addFirst);
  }

  /** For what is to be closed after everything that is open now. */
  synchronized <T extends AutoCloseable> T addLast(T opened) {
    return keep(opened, open::addLast);
  }

  private <T extends AutoCloseable> T keep(T opened, Consumer<AutoCloseable> keep) {
    if (ending) {
      close(opened);
    } else {
      keep.accept(opened);
    }
    return opened;
  }

  private void close() {
    Deque<AutoCloseable> all;
    synchronized (this) {
      ending = true;
      all = new ArrayDeque<>(open);
    }
    all.forEach(Closing::close);
  }

  private static void close(AutoCloseable opened) {
    try {
      opened.close();
    } catch (Exception failure) {
      log.warn("{} could not be stopped", opened.getClass().getSimpleName(), failure);
    }
  }
}
