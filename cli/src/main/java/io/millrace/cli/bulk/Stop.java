package io.millrace.cli.bulk;

import io.millrace.cli.terminal.Signal;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** That somebody pressed Ctrl-C: whoever waits is woken, and leaves things in order. */
final class Stop {

  private final CountDownLatch asked = new CountDownLatch(1);
  private final Thread worker = Thread.currentThread();

  /** Heeds Ctrl-C and SIGTERM; the second ends the process at once, which loses nothing either. */
  static Stop atSignals() {
    var stop = new Stop();
    Signal.on("INT", () -> stop.ask(130));
    Signal.on("TERM", () -> stop.ask(143));
    return stop;
  }

  private void ask(int exit) {
    if (isAsked()) {
      Runtime.getRuntime().halt(exit);
    }
    ask();
  }

  void ask() {
    asked.countDown();
    worker.interrupt();
  }

  boolean isAsked() {
    return asked.getCount() == 0;
  }

  /**
   * Waits.
   *
   * @throws InterruptedException if somebody asked
   */
  void pause(Duration length) throws InterruptedException {
    if (asked.await(length.toNanos(), TimeUnit.NANOSECONDS)) {
      throw new InterruptedException("stopped");
    }
  }

  /** Passes over nothing: goes no further once somebody asked. */
  void check() throws InterruptedException {
    if (isAsked()) {
      throw new InterruptedException("stopped");
    }
  }
}
