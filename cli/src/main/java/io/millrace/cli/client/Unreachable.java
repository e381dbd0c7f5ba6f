package io.millrace.cli.client;

/** Nobody answered at the address, or not as Millrace does. */
public final class Unreachable extends RuntimeException {

  private static final long serialVersionUID = 1L;

  Unreachable(String message, Throwable cause) {
    super(message, cause);
  }
}
