package io.millrace.api.problem;

import io.millrace.db.seal.UnreadableValue;
import io.millrace.db.sql.Failures;
import jakarta.servlet.http.HttpServletResponse;
import java.net.SocketTimeoutException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jooq.exception.DataAccessException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.web.ErrorResponse;

/** What the caller is told about a failure; the unexpected is logged here and nowhere else. */
final class Problems {

  private static final Logger log = LoggerFactory.getLogger(Problems.class);
  private static final int RETRY_AFTER_SECONDS = 2;
  private static final int KEY_RETRY_AFTER_SECONDS = 30;

  private final RequestMeter meter;

  /** For where no response is left whose status could be counted. */
  Problems() {
    this(new RequestMeter(() -> null));
  }

  Problems(RequestMeter meter) {
    this.meter = meter;
  }

  Problem of(Throwable failure, HttpServletResponse response) {
    Problem problem = classify(failure, response);
    if (problem.status() == 503) {
      meter.refused(problem.reason());
    }
    return problem;
  }

  private Problem classify(Throwable failure, HttpServletResponse response) {
    return switch (failure) {
      case Refused refused -> refused.problem();
      case ErrorResponse known -> ofSpring(known);
      case DataAccessException away when Failures.isTransient(away) -> {
        log.warn(
            "request {} was not served and answered 503; the caller may repeat it: {}",
            RequestId.of(response),
            Failures.kind(away));
        yield Problem.overloaded("The store does not answer at the moment", RETRY_AFTER_SECONDS);
      }
      case UnreadableValue sealed -> ofSealed(sealed, response);
      case SocketTimeoutException slow -> Problem.of(408, "body: It did not arrive in time");
      default -> {
        log.error("request {} failed unexpectedly, answered 500", RequestId.of(response), failure);
        yield ofStatus(500);
      }
    };
  }

  private static Problem ofSealed(UnreadableValue sealed, HttpServletResponse response) {
    log.error("request {} cannot be answered: {}", RequestId.of(response), sealed.getMessage());
    return switch (sealed.reason()) {
      case KEY_MISSING ->
          Problem.overloaded(
              Problem.Reason.KEY,
              "This was encrypted with the key '%s', which Millrace does not have at the moment; nothing is lost"
                  .formatted(sealed.keyId()),
              KEY_RETRY_AFTER_SECONDS);
      case DAMAGED ->
          Problem.of(
              500,
              "This was encrypted with the key '%s', which does not open it"
                  .formatted(sealed.keyId()));
    };
  }

  /** For an error of which only the status is known. */
  Problem ofStatus(int status) {
    return Problem.of(
        status,
        switch (status) {
          case 404 -> "There is nothing at this path";
          case 405 -> "This path does not support the method";
          case 406 -> "This path cannot answer in the media type that was asked for";
          case 413 -> "The request is too large";
          case 415 -> "content-type: application/json is expected";
          default -> status < 500 ? "The request could not be understood" : "Internal server error";
        });
  }

  private Problem ofSpring(ErrorResponse known) {
    Problem plain = ofStatus(known.getStatusCode().value());
    Map<String, String> headers = new LinkedHashMap<>();
    known.getHeaders().forEach((name, values) -> headers.put(name, String.join(", ", values)));
    return new Problem(plain.status(), plain.type(), plain.message(), headers, plain.reason());
  }
}
