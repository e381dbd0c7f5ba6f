package io.millrace.simulator.http;

/**
 * The bytes on the connection are not a request; where the next one would begin cannot be known.
 */
final class MalformedRequest extends Exception {
  private static final long serialVersionUID = 1L;

  MalformedRequest(String message) {
    super(message);
  }
}
