package io.millrace.embedded;

import org.jspecify.annotations.Nullable;

/** An embedded server could not be started, reached or stopped; the message says what to do. */
public final class ServerFailed extends RuntimeException {

  private static final long serialVersionUID = 1L;

  ServerFailed(String message) {
    super(message);
  }

  ServerFailed(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
