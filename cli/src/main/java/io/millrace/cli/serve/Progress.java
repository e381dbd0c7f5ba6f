package io.millrace.cli.serve;

import java.io.PrintStream;
import java.time.Duration;

/** Tells a person how a start comes along. Lines of several threads do not mix. */
final class Progress {

  private final PrintStream out;
  private final long start = System.nanoTime();

  Progress(PrintStream out) {
    this.out = out;
  }

  synchronized void say(String line) {
    out.println(line);
    out.flush();
  }

  /** A part that is up, and when. */
  void ready(String part, String where) {
    say("  %-12s %s  (%s)".formatted(part, where, passed()));
  }

  String passed() {
    return "%.1f s".formatted(Duration.ofNanos(System.nanoTime() - start).toMillis() / 1000.0);
  }
}
