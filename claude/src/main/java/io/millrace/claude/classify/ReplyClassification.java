package io.millrace.claude.classify;

import io.millrace.claude.call.Reply;
import io.millrace.claude.call.Reply.Answered;
import io.millrace.claude.call.Reply.Broken;
import io.millrace.claude.call.Reply.NothingSent;
import io.millrace.claude.call.ReplyHeaders;
import io.millrace.claude.classify.Outcome.Ambiguous;
import io.millrace.claude.classify.Outcome.Fault;
import io.millrace.claude.classify.Outcome.Permanent;
import io.millrace.claude.classify.Outcome.Platform;
import io.millrace.claude.classify.Outcome.RateLimited;
import io.millrace.claude.classify.Outcome.Retryable;
import io.millrace.claude.classify.Outcome.Succeeded;
import io.millrace.failure.FailureCode;
import io.millrace.rate.Dimension;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The table of what replies mean. */
final class ReplyClassification {

  private ReplyClassification() {}

  static Outcome of(Reply reply, Instant now) {
    return switch (reply) {
      case NothingSent(var code, var detail, _) -> new Retryable(Fault.of(code, detail), null);
      case Broken broken -> BrokenStream.of(broken, now);
      case Answered answer when answer.status() / 100 == 2 -> answered(answer);
      case Answered answer -> refused(answer, now);
    };
  }

  // A complete reply that is no Message was most likely paid for, so it is not simply repeated.
  private static Outcome answered(Answered answer) {
    return MessageFacts.read(answer.body())
        .<Outcome>map(facts -> new Succeeded(answer.body(), facts))
        .orElseGet(() ->
            new Ambiguous(
                new Fault(
                    FailureCode.UNREADABLE_ANSWER,
                    FailureCode.UNREADABLE_ANSWER.description(),
                    answer.status(),
                    null)));
  }

  static Outcome refused(Answered answer, Instant now) {
    Optional<ErrorEnvelope> envelope = ErrorEnvelope.read(answer.body());
    FailureCode code = code(answer, envelope.orElse(new ErrorEnvelope("", "", "")));
    var fault =
        new Fault(
            code,
            envelope
                .map(ErrorEnvelope::message)
                .filter(m -> !m.isBlank())
                .orElse(code.description()),
            answer.status(),
            envelope.isPresent() ? answer.body() : null);
    Duration retryAfter = answer.headers().retryAfter(now).orElse(null);
    return switch (code.failureClass()) {
      case RETRYABLE -> new Retryable(fault, retryAfter);
      case RATE_LIMITED -> new RateLimited(fault, retryAfter, dimension(fault, answer.headers()));
      case PLATFORM -> new Platform(fault);
      case PERMANENT -> new Permanent(fault);
      case AMBIGUOUS, ENDED -> throw new IllegalStateException(code + " from a complete reply");
    };
  }

  private static FailureCode code(Answered answer, ErrorEnvelope error) {
    FailureCode byStatus = byStatus(answer.status(), error);
    Optional<Boolean> shouldRetry = answer.headers().shouldRetry();
    if (shouldRetry.isEmpty()) {
      return byStatus;
    }
    return switch (byStatus.failureClass()) {
      case RETRYABLE -> shouldRetry.get() ? byStatus : FailureCode.RETRY_FORBIDDEN;
      case RATE_LIMITED -> shouldRetry.get() ? byStatus : FailureCode.RATE_LIMIT_HELD;
      case PERMANENT -> shouldRetry.get() ? FailureCode.RETRY_REQUESTED : byStatus;
      case PLATFORM, AMBIGUOUS, ENDED -> byStatus;
    };
  }

  private static FailureCode byStatus(int status, ErrorEnvelope error) {
    return switch (status) {
      case 400 -> badRequest(error);
      case 401 -> FailureCode.AUTHENTICATION_FAILED;
      case 402 -> FailureCode.BILLING_ERROR;
      case 403 -> FailureCode.PERMISSION_DENIED;
      case 404 -> FailureCode.NOT_FOUND;
      case 408 -> FailureCode.REQUEST_TIMEOUT;
      case 409 -> FailureCode.CONFLICT;
      case 413 -> FailureCode.REQUEST_TOO_LARGE;
      case 422 -> FailureCode.UNPROCESSABLE;
      case 429 -> tooMany(error);
      case 500 -> FailureCode.API_ERROR;
      case 503 -> FailureCode.SERVICE_UNAVAILABLE;
      case 504 -> FailureCode.GATEWAY_TIMEOUT;
      case 529 -> FailureCode.OVERLOADED;
      default ->
          status >= 500
              ? FailureCode.SERVER_ERROR
              : status >= 400 ? FailureCode.REFUSED : FailureCode.REDIRECT_REFUSED;
    };
  }

  // Two of the account's troubles come as plain 400s that only their wording tells apart.
  private static FailureCode badRequest(ErrorEnvelope error) {
    if ("organization_on_hold".equals(error.errorCode())) {
      return FailureCode.ORGANIZATION_ON_HOLD;
    }
    String message = error.message().toLowerCase(Locale.ROOT);
    if (message.contains("credit balance is too low")) {
      return FailureCode.CREDIT_BALANCE_TOO_LOW;
    }
    if (message.startsWith("you have reached your specified") && message.contains("usage limits")) {
      return FailureCode.USAGE_LIMIT_REACHED;
    }
    return FailureCode.INVALID_REQUEST;
  }

  private static FailureCode tooMany(ErrorEnvelope error) {
    return switch (error.errorCode()) {
      case "enforced_spend_limit_reached" -> FailureCode.ENFORCED_SPEND_LIMIT_REACHED;
      case "contract_spend_limit_reached" -> FailureCode.CONTRACT_SPEND_LIMIT_REACHED;
      case "ramp_limit_exceeded" -> FailureCode.RAMP_LIMIT_EXCEEDED;
      default -> FailureCode.RATE_LIMITED;
    };
  }

  private static @Nullable Dimension dimension(Fault fault, ReplyHeaders headers) {
    String message = fault.message().toLowerCase(Locale.ROOT);
    if (message.contains("input tokens per minute")) {
      return Dimension.INPUT_TOKENS;
    }
    if (message.contains("output tokens per minute")) {
      return Dimension.OUTPUT_TOKENS;
    }
    if (message.contains("requests per minute")) {
      return Dimension.REQUESTS;
    }
    for (Dimension dimension : Dimension.values()) {
      String name = dimension.wireName().replace('_', '-');
      String header = "anthropic-ratelimit-" + name + "-remaining";
      if (headers.value(header).filter("0"::equals).isPresent()) {
        return dimension;
      }
    }
    return null;
  }
}
