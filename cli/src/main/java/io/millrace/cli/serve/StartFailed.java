package io.millrace.cli.serve;

import io.millrace.api.access.NoApiKeys;
import io.millrace.embedded.ServerFailed;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.web.server.PortInUseException;

/** A server cannot start; the message is for the person who started it. */
final class StartFailed extends RuntimeException {

  private static final long serialVersionUID = 1L;

  StartFailed(String message) {
    super(message);
  }

  StartFailed(String message, Throwable cause) {
    super(message, cause);
  }

  /** The one sentence in a pile of wrapped failures that tells a person what to do. */
  static String reason(Throwable failure) {
    BindException binding = null;
    Throwable ours = null;
    Throwable deepest = failure;
    for (Throwable at = failure; at != null; at = at.getCause()) {
      switch (at) {
        case StartFailed told -> {
          return text(told);
        }
        case ServerFailed told -> {
          return text(told);
        }
        case NoApiKeys told -> {
          return text(told);
        }
        case PortInUseException taken -> {
          return "Port %d is in use by another program. Choose another with --server.port=<port>."
              .formatted(taken.getPort());
        }
        case BindException bind -> binding = bind;
        default -> {
          if (ours == null && isOurs(at)) {
            ours = at;
          }
        }
      }
      deepest = at;
    }
    if (ours != null) {
      return text(ours);
    }
    if (binding != null) {
      return "%s is not valid: %s".formatted(property(binding), text(deepest));
    }
    return text(deepest);
  }

  private static String property(BindException binding) {
    return binding.getProperty() == null
        ? String.valueOf(binding.getName())
        : String.valueOf(binding.getProperty().getName());
  }

  /** Thrown by code of Millrace, whose messages are made for people. */
  private static boolean isOurs(Throwable failure) {
    StackTraceElement[] trace = failure.getStackTrace();
    return trace.length > 0
        && trace[0].getClassName().startsWith("io.millrace.")
        && failure.getMessage() != null
        && (failure.getCause() == null
            || !failure.getMessage().contains(failure.getCause().toString()));
  }

  private static String text(Throwable failure) {
    @Nullable String message = failure.getMessage();
    return message == null || message.isBlank() ? failure.toString() : message;
  }
}
