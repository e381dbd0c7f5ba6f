package io.millrace.cli.terminal;

/** The command line says something that no command understands; the message says what. */
public final class Misused extends RuntimeException {

  private static final long serialVersionUID = 1L;

  public Misused(String message) {
    super(message);
  }
}
