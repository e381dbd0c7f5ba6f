package io.millrace.simulator.fault;

import static io.millrace.simulator.fault.Fault.Moment.ANSWER;
import static io.millrace.simulator.fault.Fault.Moment.CONNECTION;
import static io.millrace.simulator.fault.Fault.Moment.ERROR;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Everything the simulator can be told to do wrong. The name in lower case is the name in headers,
 * prompts and the control API.
 */
public enum Fault {
  RATE_LIMITED(
      429,
      "rate_limit_error",
      null,
      "This request would exceed your organization's rate limit of %limit% (org: %org%, model: %model%). For details, refer to: https://docs.claude.com/en/api/rate-limits. You can see the response headers for current usage.",
      "a plain rate limit on requests, with retry-after"),
  RATE_LIMITED_INPUT(
      429,
      "rate_limit_error",
      null,
      RATE_LIMITED.message,
      "a plain rate limit on input tokens, with retry-after"),
  RATE_LIMITED_OUTPUT(
      429,
      "rate_limit_error",
      null,
      RATE_LIMITED.message,
      "a plain rate limit on output tokens, with retry-after"),
  RAMP_LIMITED(
      429,
      "rate_limit_error",
      "ramp_limit_exceeded",
      "This request would exceed the rate at which your organization's usage may grow.",
      "traffic grew too fast; with retry-after"),
  SPEND_CAP(
      429,
      "rate_limit_error",
      "enforced_spend_limit_reached",
      "Your organization has reached the monthly spend limit of its usage tier.",
      "the tier's monthly cap; no retry-after"),
  CONTRACT_SPEND_CAP(
      429,
      "rate_limit_error",
      "contract_spend_limit_reached",
      "Your organization has reached the spend limit of its contract.",
      "the contract's cap; no retry-after"),
  OVERLOADED(529, "overloaded_error", null, "Overloaded", "the API is overloaded"),
  OVERLOADED_NO_RETRY(
      529, "overloaded_error", null, "Overloaded", "overloaded, with x-should-retry: false"),
  SERVER_ERROR(500, "api_error", null, "Internal server error", "an internal error"),
  UNAVAILABLE(503, "api_error", null, "Service unavailable", "the service is unavailable"),
  GATEWAY_TIMEOUT(
      504, "timeout_error", null, "Request timed out", "the API gave up on its own work"),
  REQUEST_TIMEOUT(
      408, "timeout_error", null, "Request timeout", "the API did not get the request in time"),
  CONFLICT(409, "conflict_error", null, "Conflict", "a conflict, which SDKs retry"),
  UNAUTHORIZED(401, "authentication_error", null, "invalid x-api-key", "the key is refused"),
  PAYMENT_REQUIRED(
      402,
      "billing_error",
      null,
      "There is a problem with your organization's billing or payment information.",
      "billing trouble"),
  FORBIDDEN(
      403,
      "permission_error",
      null,
      "Your API key does not have permission to use the specified resource.",
      "the key may not do this"),
  NOT_FOUND(404, "not_found_error", null, "model: %model%", "the model is unknown"),
  INVALID_REQUEST(
      400,
      "invalid_request_error",
      null,
      "messages: this request is invalid because the simulator was told so",
      "an ordinary refusal of the request"),
  INVALID_REQUEST_RETRY(
      400,
      "invalid_request_error",
      null,
      INVALID_REQUEST.message,
      "a refusal with x-should-retry: true"),
  UNPROCESSABLE(
      422,
      "invalid_request_error",
      null,
      "Unprocessable entity",
      "the request cannot be processed"),
  LOW_CREDIT(
      400,
      "invalid_request_error",
      null,
      "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or purchase credits.",
      "the prepaid balance is used up"),
  USAGE_LIMIT(
      400,
      "invalid_request_error",
      null,
      "You have reached your specified API usage limits. You will regain access on the first of next month.",
      "a spend limit that the customer set"),
  ORGANIZATION_ON_HOLD(
      400,
      "invalid_request_error",
      "organization_on_hold",
      "This organization is on hold.",
      "the account is on hold"),
  TOO_LARGE_HTML(
      413,
      "request_too_large",
      null,
      "<html>\r\n<head><title>413 Request Entity Too Large</title></head>\r\n<body>\r\n<center><h1>413 Request Entity Too Large</h1></center>\r\n<hr><center>cloudflare</center>\r\n</body>\r\n</html>\r\n",
      "the edge refuses the size, in HTML"),

  HANG(CONNECTION, "the request is read and never answered; the connection stays open"),
  RESET(CONNECTION, "the connection is reset before any reply; nothing was produced"),
  CLOSE(
      CONNECTION, "the connection is closed in good order before any reply; nothing was produced"),

  LOST_REPLY(
      ANSWER,
      "the answer is produced and billed, but the connection is reset instead of the reply"),
  TRUNCATED(ANSWER, "the reply stops half-way through its announced length"),
  GARBAGE(ANSWER, "status 200 with a body that is not JSON"),
  EMPTY(ANSWER, "status 200 with an empty body"),
  SLOW_DRIP(
      ANSWER,
      "the reply's body arrives in small pieces spread over the call's latency, at least two seconds"),
  REFUSAL(ANSWER, "status 200 whose stop_reason is refusal"),
  STREAM_ERROR(
      ANSWER,
      "a stream ends with an error event (overloaded_error) half-way; a plain call gets 529"),
  STREAM_STOP(
      ANSWER,
      "a stream ends in good order half-way, without message_stop; a plain reply is half its JSON"),
  STREAM_CUT(ANSWER, "a stream's connection is closed half-way; a plain reply is truncated"),
  STREAM_STALL(
      ANSWER, "half of the stream or reply arrives, then nothing more; the connection stays open");

  /** When a fault strikes. */
  public enum Moment {
    /** An error is sent instead of an answer; nothing was produced. */
    ERROR,
    /** The connection fails instead; nothing was produced. */
    CONNECTION,
    /** The answer is produced and billed; what reaches the client is wrong. */
    ANSWER
  }

  private final Moment moment;
  private final int status;
  private final String type;
  private final @Nullable String code;
  private final String message;
  private final String says;

  Fault(int status, String type, @Nullable String code, String message, String says) {
    this.moment = ERROR;
    this.status = status;
    this.type = type;
    this.code = code;
    this.message = message;
    this.says = says;
  }

  Fault(Moment moment, String says) {
    this.moment = moment;
    this.status = 200;
    this.type = "";
    this.code = null;
    this.message = "";
    this.says = says;
  }

  public static Fault named(String name) {
    return Arrays.stream(values())
        .filter(fault -> fault.wireName().equals(name))
        .findFirst()
        .orElseThrow(() ->
            new IllegalArgumentException("unknown fault '" + name + "'; known are: " + names()));
  }

  private static String names() {
    return Arrays.stream(values()).map(Fault::wireName).collect(Collectors.joining(", "));
  }

  public String wireName() {
    return name().toLowerCase(Locale.ROOT);
  }

  public Moment moment() {
    return moment;
  }

  /** The status of the reply, where there is one. */
  public int status() {
    return status;
  }

  public String type() {
    return type;
  }

  public Optional<String> code() {
    return Optional.ofNullable(code);
  }

  public String message() {
    return message;
  }

  /** One line for people. */
  public String says() {
    return says;
  }

  /** Whether the reply says when to come back. */
  public boolean hasRetryAfter() {
    return switch (this) {
      case RATE_LIMITED, RATE_LIMITED_INPUT, RATE_LIMITED_OUTPUT, RAMP_LIMITED -> true;
      default -> false;
    };
  }

  /** The value of {@code x-should-retry}, where it is sent. */
  public Optional<Boolean> shouldRetry() {
    return switch (this) {
      case OVERLOADED_NO_RETRY -> Optional.of(false);
      case INVALID_REQUEST_RETRY -> Optional.of(true);
      default -> Optional.empty();
    };
  }
}
