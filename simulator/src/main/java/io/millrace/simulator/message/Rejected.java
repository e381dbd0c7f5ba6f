package io.millrace.simulator.message;

/** The request breaks a rule; carries the error that the API answers with. */
public final class Rejected extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int status;
  private final String type;

  public Rejected(int status, String type, String message) {
    // Thrown for ordinary bad input, thousands of times in a load test: the stack says nothing of
    // use.
    super(message, null, false, false);
    this.status = status;
    this.type = type;
  }

  public static Rejected invalid(String message) {
    return new Rejected(400, "invalid_request_error", message);
  }

  public int status() {
    return status;
  }

  public String type() {
    return type;
  }

  /** The text that the client reads. */
  public String says() {
    String message = getMessage();
    return message == null ? type : message;
  }
}
