package io.millrace.cli.bulk;

import io.millrace.cli.terminal.Misused;

/** A line of the input that cannot be sent, named so that it is found. */
final class BadLine {

  private BadLine() {}

  static Misused of(String source, long line, String why) {
    return new Misused("%s, line %d: %s".formatted(source, line, why));
  }
}
