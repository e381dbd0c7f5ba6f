package io.millrace.claude.classify;

import io.millrace.claude.call.Reply.Answered;
import io.millrace.claude.call.Reply.Broken;
import io.millrace.claude.call.Reply.Remains;
import io.millrace.claude.classify.Outcome.Ambiguous;
import io.millrace.claude.classify.Outcome.Fault;
import io.millrace.claude.estimate.Estimator;
import io.millrace.money.Usage;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** What it means that a reply did not become whole, and what a stream tells of its cost. */
final class BrokenStream {

  private BrokenStream() {}

  static Outcome of(Broken broken, Instant now) {
    byte[] error = broken.error();
    ErrorEnvelope envelope = error == null ? null : ErrorEnvelope.read(error).orElse(null);
    Fault fault = Fault.of(broken.code(), broken.detail());
    if (error == null || envelope == null || envelope.type().isEmpty()) {
      return new Ambiguous(fault, seen(broken.remains()));
    }
    if (begun(broken.remains())) {
      return new Ambiguous(
          new Fault(broken.code(), said(fault, envelope), null, error), seen(broken.remains()));
    }
    // Before a message began there was nothing to bill: such an error is a refusal that came too
    // late for a status.
    return ReplyClassification.refused(
        new Answered(status(envelope.type()), broken.headers(), error, broken.timings()), now);
  }

  private static boolean begun(@Nullable Remains remains) {
    return remains != null && remains.usage() != null;
  }

  private static String said(Fault fault, ErrorEnvelope error) {
    return fault.code().description() + " (" + error.type() + ": " + error.message() + ")";
  }

  private static @Nullable Usage seen(@Nullable Remains remains) {
    if (remains == null || remains.usage() == null) {
      return null;
    }
    return RawUsage.seen(remains.usage().getBytes(StandardCharsets.UTF_8))
        .map(usage ->
            usage.withOutput(Math.max(usage.outputTokens(), Estimator.output(remains.output()))))
        .orElse(null);
  }

  /** The status that an error of this type has where it comes as one (api/errors). */
  private static int status(String type) {
    return switch (type) {
      case "invalid_request_error" -> 400;
      case "authentication_error" -> 401;
      case "billing_error" -> 402;
      case "permission_error" -> 403;
      case "not_found_error" -> 404;
      case "conflict_error" -> 409;
      case "request_too_large" -> 413;
      case "rate_limit_error" -> 429;
      case "timeout_error" -> 504;
      case "overloaded_error" -> 529;
      default -> 500;
    };
  }
}
