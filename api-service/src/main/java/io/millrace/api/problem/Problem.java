package io.millrace.api.problem;

import io.millrace.wire.JsonWriter;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Locale;
import java.util.Map;

/**
 * An error as the caller sees it: status, type in the words of the Claude API, and a message that
 * names the field at fault.
 *
 * @param headers further response headers
 * @param reason of a 503
 */
public record Problem(
    int status, String type, String message, Map<String, String> headers, Reason reason) {

  /** What of ours was the matter, for counting; nothing that a caller is told. */
  public enum Reason {
    /** The caller's fault, or not said. */
    OTHER,
    /** PostgreSQL does not answer, or refuses. */
    STORE,
    /** More submissions wait than may. */
    QUEUE_FULL,
    /** Large requests hold all the memory that they may. */
    MEMORY,
    /** PostgreSQL's disk is nearly full. */
    DISK,
    /** What was asked for is encrypted with a key that is not configured. */
    KEY,
    /** More event streams are open than may be. */
    STREAMS;

    public String wireName() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** An error that is no 503. */
  public Problem(int status, String type, String message, Map<String, String> headers) {
    this(status, type, message, headers, Reason.OTHER);
  }

  /** 400: the request cannot be accepted as it is. */
  public static Problem invalidRequest(String message) {
    return of(400, message);
  }

  /** 401: no key, or one that we do not know. */
  public static Problem authentication(String message) {
    return of(401, message);
  }

  /** 404: nothing there for this caller. */
  public static Problem notFound(String message) {
    return of(404, message);
  }

  /** 409: contradicts what was accepted before. */
  public static Problem conflict(String message) {
    return of(409, message);
  }

  /** 413: more bytes than a request may have. */
  public static Problem tooLarge(String message) {
    return of(413, message);
  }

  /** 503 that says when to try again. */
  public static Problem overloaded(String message, int retryAfterSeconds) {
    return overloaded(Reason.STORE, message, retryAfterSeconds);
  }

  /** 503 that says when to try again. */
  public static Problem overloaded(Reason reason, String message, int retryAfterSeconds) {
    return new Problem(
        503,
        "overloaded_error",
        message,
        Map.of("retry-after", Integer.toString(retryAfterSeconds)),
        reason);
  }

  /** An error of that status with the type that belongs to it. */
  public static Problem of(int status, String message) {
    return new Problem(status, type(status), message, Map.of(), Reason.OTHER);
  }

  /** Ends the response with this problem, unless its head is out already. */
  public void write(HttpServletResponse response) throws IOException {
    if (response.isCommitted()) {
      return;
    }
    response.resetBuffer();
    response.setStatus(status);
    headers.forEach(response::setHeader);
    byte[] body = envelope(RequestId.of(response));
    response.setContentType("application/json");
    response.setContentLength(body.length);
    response.getOutputStream().write(body);
  }

  byte[] envelope(String requestId) {
    return new JsonWriter()
        .text("type", "error")
        .object("error")
        .text("type", type)
        .text("message", message)
        .end()
        .text("request_id", requestId)
        .finish();
  }

  private static String type(int status) {
    return switch (status) {
      case 401 -> "authentication_error";
      case 402 -> "billing_error";
      case 403 -> "permission_error";
      case 404 -> "not_found_error";
      case 409 -> "conflict_error";
      case 413 -> "request_too_large";
      case 429 -> "rate_limit_error";
      case 503, 529 -> "overloaded_error";
      case 504 -> "timeout_error";
      default -> status < 500 ? "invalid_request_error" : "api_error";
    };
  }
}
