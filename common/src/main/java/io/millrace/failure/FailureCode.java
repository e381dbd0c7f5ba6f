package io.millrace.failure;

import static io.millrace.failure.FailureClass.AMBIGUOUS;
import static io.millrace.failure.FailureClass.ENDED;
import static io.millrace.failure.FailureClass.PERMANENT;
import static io.millrace.failure.FailureClass.PLATFORM;
import static io.millrace.failure.FailureClass.RETRYABLE;

import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Every cause of failure that Millrace names. A code, once published, keeps its meaning. */
public enum FailureCode {
  UNKNOWN_HOST(RETRYABLE, "The name of Claude's host did not resolve."),
  CONNECT_FAILED(RETRYABLE, "No connection to Claude could be opened."),
  CONNECT_TIMEOUT(RETRYABLE, "No connection to Claude was ready in time; nothing was sent."),
  TLS_FAILED(RETRYABLE, "The TLS handshake with Claude failed."),
  NOT_SENT(RETRYABLE, "The connection failed before anything of the request was sent."),
  STREAM_REFUSED(RETRYABLE, "Claude's host closed the connection without taking the request."),
  ABORTED_UNSENT(RETRYABLE, "The call was stopped before anything of the request was sent."),
  REQUEST_TIMEOUT(RETRYABLE, "Claude answered 408: it gave up waiting for the request."),
  CONFLICT(RETRYABLE, "Claude answered 409."),
  API_ERROR(RETRYABLE, "Claude answered 500."),
  SERVICE_UNAVAILABLE(RETRYABLE, "Claude answered 503."),
  GATEWAY_TIMEOUT(RETRYABLE, "Claude answered 504: the request took too long on its side."),
  OVERLOADED(RETRYABLE, "Claude answered 529: it is overloaded."),
  SERVER_ERROR(RETRYABLE, "Claude, or something in front of it, answered another 5xx."),
  RETRY_REQUESTED(RETRYABLE, "Claude refused, but asked for a retry with x-should-retry: true."),
  REFUSAL_UNCONFIRMED(
      RETRYABLE, "Claude answered 403 or 404, and did not say whether to this request only."),
  BATCH_ITEM_ERRORED(RETRYABLE, "Claude could not process the request within its batch."),
  BATCH_ITEM_EXPIRED(RETRYABLE, "Claude did not come to the request before its batch expired."),
  BATCH_ITEM_CANCELED(RETRYABLE, "The batch was canceled before Claude came to the request."),
  INTERNAL_ERROR(RETRYABLE, "Millrace failed before the call; its log has the cause."),

  RATE_LIMITED(FailureClass.RATE_LIMITED, "Claude answered 429: a rate limit was met."),
  RAMP_LIMIT_EXCEEDED(
      FailureClass.RATE_LIMITED, "Claude answered 429: the account's traffic grew too fast."),

  CONNECTION_LOST(AMBIGUOUS, "The connection broke after sending began, before any reply."),
  ANSWER_CUT(AMBIGUOUS, "The connection or the stream ended in the middle of the reply."),
  STREAM_ERROR(AMBIGUOUS, "Claude broke the answer off with an error in its stream."),
  STREAM_STALLED(AMBIGUOUS, "The answer's stream brought nothing, not even a ping, for too long."),
  MALFORMED_REPLY(AMBIGUOUS, "What came back is not an HTTP reply."),
  CALL_TIMEOUT(AMBIGUOUS, "No complete reply came within the job's call timeout."),
  ANSWER_TOO_LARGE(AMBIGUOUS, "The reply is larger than millrace.call.max-answer allows."),
  UNREADABLE_ANSWER(AMBIGUOUS, "Claude answered 2xx with something that is not a Message."),
  ABORTED_BY_CANCEL(AMBIGUOUS, "The call was under way when the job was canceled."),
  ABORTED_BY_DEADLINE(AMBIGUOUS, "The call was under way when the job expired."),
  DRAINED(AMBIGUOUS, "The call was under way when its worker had to stop."),
  LEASE_LOST(AMBIGUOUS, "The worker disappeared while the call may have been under way."),
  BATCH_TOO_SLOW(
      AMBIGUOUS, "The request was in a batch at Claude that had not ended when it had to go on."),
  BATCH_LOST(AMBIGUOUS, "The request was sent in a batch of which Claude is not known to have it."),
  BATCH_RESULT_MISSING(AMBIGUOUS, "The batch's results do not have the request."),

  ORGANIZATION_ON_HOLD(PLATFORM, "Claude refuses the account: the organization is on hold."),
  CREDIT_BALANCE_TOO_LOW(PLATFORM, "The account's prepaid balance is used up."),
  USAGE_LIMIT_REACHED(PLATFORM, "A spend limit that the account's owner set was reached."),
  ENFORCED_SPEND_LIMIT_REACHED(PLATFORM, "The tier's monthly spend limit was reached."),
  CONTRACT_SPEND_LIMIT_REACHED(PLATFORM, "The contract's spend limit was reached."),
  RATE_LIMIT_HELD(PLATFORM, "Claude answered 429 and forbade a retry."),
  AUTHENTICATION_FAILED(PLATFORM, "Claude answered 401: the API key is not accepted."),
  BILLING_ERROR(PLATFORM, "Claude answered 402: there is a problem with the account's billing."),
  PERMANENT_FAILURES(
      PLATFORM, "Claude refused many requests of several tenants, with no success between them."),
  ACCOUNT_PERMISSION_DENIED(
      PLATFORM, "Claude answers 403 to plain requests for the pool's models too."),
  MODEL_UNAVAILABLE(PLATFORM, "Claude answers 404 to plain requests for the pool's models too."),
  REDIRECT_REFUSED(PLATFORM, "The upstream answered with a redirect, which is never followed."),

  INVALID_REQUEST(PERMANENT, "Claude answered 400: the request is not valid."),
  PERMISSION_DENIED(PERMANENT, "Claude answered 403: the key may not do this."),
  NOT_FOUND(PERMANENT, "Claude answered 404: usually an unknown model."),
  REQUEST_TOO_LARGE(PERMANENT, "Claude answered 413: the request is too large."),
  UNPROCESSABLE(PERMANENT, "Claude answered 422."),
  REFUSED(PERMANENT, "Claude answered another 4xx."),
  RETRY_FORBIDDEN(PERMANENT, "Claude failed and forbade a retry with x-should-retry: false."),
  EXCEEDS_RATE_LIMIT(PERMANENT, "The request alone is larger than the account's rate limit."),
  UNREADABLE_RECORD(PERMANENT, "A record on the jobs topic could not be read."),
  REQUEST_MISSING(PERMANENT, "The stored request is gone or cannot be read."),

  EXPIRED(ENDED, "The job's expires_at passed before it was done."),
  CANCELED(ENDED, "The job was canceled.");

  private static final Map<String, FailureCode> BY_WIRE_NAME =
      Stream.of(values())
          .collect(Collectors.toUnmodifiableMap(FailureCode::wireName, Function.identity()));

  private final String wireName;
  private final FailureClass failureClass;
  private final String description;

  FailureCode(FailureClass failureClass, String description) {
    this.wireName = name().toLowerCase(Locale.ROOT);
    this.failureClass = failureClass;
    this.description = description;
  }

  /** The name in JSON, SQL and metrics. */
  public String wireName() {
    return wireName;
  }

  public FailureClass failureClass() {
    return failureClass;
  }

  /** One sentence for people, without any detail of the job at hand. */
  public String description() {
    return description;
  }

  public static Optional<FailureCode> fromWireName(String wireName) {
    return Optional.ofNullable(BY_WIRE_NAME.get(wireName));
  }
}
