package io.millrace.claude.classify;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.claude.call.Reply;
import io.millrace.claude.call.Reply.Answered;
import io.millrace.claude.call.ReplyHeaders;
import io.millrace.claude.call.Timings;
import io.millrace.claude.classify.Outcome.Ambiguous;
import io.millrace.claude.classify.Outcome.Failed;
import io.millrace.claude.classify.Outcome.Platform;
import io.millrace.claude.classify.Outcome.RateLimited;
import io.millrace.claude.classify.Outcome.Retryable;
import io.millrace.claude.classify.Outcome.Succeeded;
import io.millrace.failure.FailureClass;
import io.millrace.failure.FailureCode;
import io.millrace.rate.Dimension;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class ReplyClassificationTest {
  private static final Instant NOW = Instant.parse("2026-11-20T12:00:00Z");
  private static final Timings TIMINGS = new Timings(NOW, null, null, Duration.ofSeconds(1));

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        // status | type | error_code | message | code | class
        "400|invalid_request_error||max_tokens: Field required|invalid_request|permanent",
        "400|invalid_request_error|brand_new_code|x|invalid_request|permanent",
        "400|invalid_request_error|organization_on_hold|x|organization_on_hold|platform",
        "400|invalid_request_error||Your credit balance is too low to access the Anthropic API."
            + " Please go to Plans|credit_balance_too_low|platform",
        "400|invalid_request_error||You have reached your specified workspace API usage limits."
            + " You will|usage_limit_reached|platform",
        "400|invalid_request_error|request_body_encoding_invalid|x|invalid_request|permanent",
        "401|authentication_error||invalid x-api-key|authentication_failed|platform",
        "402|billing_error||x|billing_error|platform",
        "403|permission_error||x|permission_denied|permanent",
        "404|not_found_error||model: claude-x|not_found|permanent",
        "408|||x|request_timeout|retryable",
        "409|conflict_error||x|conflict|retryable",
        "405|||x|refused|permanent",
        "412|||x|refused|permanent",
        "413|request_too_large||Request exceeds the maximum size|request_too_large|permanent",
        "413|request_too_large|request_body_too_large_after_decoding|x|request_too_large|permanent",
        "422|||x|unprocessable|permanent",
        "429|rate_limit_error||x|rate_limited|rate_limited",
        "429|rate_limit_error|brand_new_code|x|rate_limited|rate_limited",
        "429|rate_limit_error|ramp_limit_exceeded|x|ramp_limit_exceeded|rate_limited",
        "429|rate_limit_error|enforced_spend_limit_reached|x|enforced_spend_limit_reached|platform",
        "429|rate_limit_error|contract_spend_limit_reached|x|contract_spend_limit_reached|platform",
        "431|||x|refused|permanent",
        "499|||x|refused|permanent",
        "500|api_error||Internal server error|api_error|retryable",
        "501|||x|server_error|retryable",
        "502|||x|server_error|retryable",
        "503|||x|service_unavailable|retryable",
        "504|timeout_error||x|gateway_timeout|retryable",
        "529|overloaded_error||Overloaded|overloaded|retryable",
        "301|||x|redirect_refused|platform",
        "307|||x|redirect_refused|platform"
      })
  void everyStatusHasItsCode(
      int status, String type, String errorCode, String message, String code, String failureClass) {
    byte[] body = error(type, errorCode, message);

    var outcome = (Failed) Outcome.of(answered(status, body), NOW);

    assertThat(outcome.code().wireName()).isEqualTo(code);
    assertThat(outcome.code().failureClass().wireName()).isEqualTo(failureClass);
    assertThat(classOf(outcome)).isEqualTo(outcome.code().failureClass());
    assertThat(outcome.fault().message()).isEqualTo(message);
    assertThat(outcome.fault().envelope()).isEqualTo(body);
    assertThat(outcome.fault().status()).isEqualTo(status);
  }

  @ParameterizedTest
  @ValueSource(ints = {400, 401, 404, 413, 429, 500, 502, 529})
  void aBodyThatIsNoErrorObjectLeavesTheStatusToSpeak(int status) {
    for (String body : new String[] {"<html>413</html>", "", "[]", "{\"type\":\"error\"", "{}"}) {
      var outcome = (Failed) Outcome.of(answered(status, bytes(body)), NOW);

      assertThat(outcome.fault().envelope()).isNull();
      assertThat(outcome.fault().message()).isEqualTo(outcome.code().description());
    }
  }

  @ParameterizedTest
  @CsvSource({
    "500, false, retry_forbidden", "529, false, retry_forbidden", "408, false, retry_forbidden",
    "500, true,  api_error", "500, perhaps, api_error", "400, true,  retry_requested",
    "404, true,  retry_requested", "400, false, invalid_request",
        "401, true,  authentication_failed",
    "402, true,  billing_error", "403, true,  retry_requested", "413, true,  retry_requested",
    "409, false, retry_forbidden", "504, false, retry_forbidden", "529, true,  overloaded",
    "429, true,  rate_limited", "429, false, rate_limit_held", "301, true,  redirect_refused"
  })
  void theProvidersWishForOrAgainstARetryIsObeyed(int status, String shouldRetry, String code) {
    var headers = new ReplyHeaders(Map.of("x-should-retry", shouldRetry));

    var outcome = (Failed) Outcome.of(new Answered(status, headers, bytes("{}"), TIMINGS), NOW);

    assertThat(outcome.code().wireName()).isEqualTo(code);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      value = {
        "retry-after|17|PT17S",
        "retry-after|0.5|PT0.5S",
        "retry-after|Fri, 20 Nov 2026 12:00:30 GMT|PT30S",
        "retry-after|Fri, 20 Nov 2026 11:00:00 GMT|-",
        "retry-after|0|-",
        "retry-after|-3|-",
        "retry-after|soon|-",
        "retry-after|NaN|-",
        "retry-after|1e300|PT744H",
        "retry-after-ms|250|PT0.25S",
        "other|1|-"
      })
  void retryAfterIsUnderstood(String header, String value, Duration wait) {
    var reply = new Answered(429, new ReplyHeaders(Map.of(header, value)), bytes("{}"), TIMINGS);

    assertThat(((RateLimited) Outcome.of(reply, NOW)).retryAfter()).isEqualTo(wait);
  }

  @Test
  void aServerErrorMayAskForAWaitToo() {
    var reply =
        new Answered(
            529,
            new ReplyHeaders(Map.of("retry-after", "9", "retry-after-ms", "1500")),
            bytes("{}"),
            TIMINGS);

    assertThat(((Retryable) Outcome.of(reply, NOW)).retryAfter())
        .isEqualTo(Duration.ofMillis(1500));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      value = {
        "This request would exceed your organization's rate limit of 30,000 input tokens per"
            + " minute (org: x)|other|0|INPUT_TOKENS",
        "This request would exceed the rate limit of 8,000 output tokens per minute|other|0"
            + "|OUTPUT_TOKENS",
        "This request would exceed the rate limit of 50 requests per minute|other|0|REQUESTS",
        "Slow down|anthropic-ratelimit-output-tokens-remaining|0|OUTPUT_TOKENS",
        "Slow down|anthropic-ratelimit-requests-remaining|0|REQUESTS",
        "Slow down|anthropic-ratelimit-requests-remaining|3|-"
      })
  void aRateLimitNamesItsDimension(
      String message, String header, String value, Dimension dimension) {
    var reply =
        new Answered(
            429,
            new ReplyHeaders(Map.of(header, value)),
            error("rate_limit_error", null, message),
            TIMINGS);

    assertThat(((RateLimited) Outcome.of(reply, NOW)).dimension()).isEqualTo(dimension);
  }

  @Test
  void aMessageSucceeds() {
    byte[] body =
        bytes(
            """
            {"id":"msg_1","type":"message","role":"assistant","model":"claude-sonnet-5-5",
             "content":[{"type":"text","text":"hi"}],"stop_reason":"refusal",
             "usage":{"input_tokens":3,"output_tokens":4}}
            """);

    var outcome = (Succeeded) Outcome.of(answered(200, body), NOW);

    assertThat(outcome.message()).isSameAs(body);
    assertThat(outcome.facts().stopReason()).isEqualTo("refusal");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "garbage",
        "<html>",
        "[]",
        "{}",
        "{\"type\":\"message\",\"content\":[],\"usage\":{\"input_tokens\":1}",
        "{\"type\":\"message\",\"content\":[],\"usage\":{\"input_tokens\":1}} trailing",
        "{\"type\":\"message\",\"content\":[]}",
        "{\"type\":\"message\",\"content\":[],\"usage\":null}",
        "{\"type\":\"message\",\"usage\":{\"input_tokens\":1}}",
        "{\"content\":[],\"usage\":{\"input_tokens\":1}}",
        "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}"
      })
  void aSuccessThatIsNoMessageMayHaveBeenPaidFor(String body) {
    var outcome = (Ambiguous) Outcome.of(answered(200, bytes(body)), NOW);

    assertThat(outcome.code()).isEqualTo(FailureCode.UNREADABLE_ANSWER);
  }

  @ParameterizedTest
  @EnumSource(names = {"CONNECT_FAILED", "CONNECT_TIMEOUT", "UNKNOWN_HOST", "ABORTED_UNSENT"})
  void whatWasNotSentMayBeRepeated(FailureCode code) {
    var outcome = (Failed) Outcome.of(new Reply.NothingSent(code, "x", TIMINGS), NOW);

    assertThat(outcome).isInstanceOf(Retryable.class);
    assertThat(outcome.code()).isEqualTo(code);
  }

  @ParameterizedTest
  @EnumSource(names = {"CONNECTION_LOST", "ANSWER_CUT", "CALL_TIMEOUT", "DRAINED"})
  void whatBrokeIsAmbiguousEvenAfterAnErrorStatus(FailureCode code) {
    var outcome =
        (Failed) Outcome.of(new Reply.Broken(code, "x", 529, ReplyHeaders.NONE, 3, TIMINGS), NOW);

    assertThat(outcome).isInstanceOf(Ambiguous.class);
    assertThat(outcome.code()).isEqualTo(code);
  }

  @Test
  void noStatusIsWithoutAnOutcome() {
    for (int status = 100; status < 1000; status++) {
      assertThat(Outcome.of(answered(status, bytes("{}")), NOW)).isNotNull();
    }
  }

  private static FailureClass classOf(Failed outcome) {
    return switch (outcome) {
      case Retryable _ -> FailureClass.RETRYABLE;
      case RateLimited _ -> FailureClass.RATE_LIMITED;
      case Ambiguous _ -> FailureClass.AMBIGUOUS;
      case Platform _ -> FailureClass.PLATFORM;
      case Outcome.Permanent _ -> FailureClass.PERMANENT;
    };
  }

  private static Answered answered(int status, byte[] body) {
    return new Answered(status, ReplyHeaders.NONE, body, TIMINGS);
  }

  private static byte[] error(String type, String errorCode, String message) {
    String details =
        errorCode == null ? "" : ",\"details\":{\"error_code\":\"" + errorCode + "\",\"x\":[1]}";
    return bytes(
        "{\"type\":\"error\",\"error\":{\"type\":\"%s\",\"message\":\"%s\"%s},\"request_id\":\"req_1\"}"
            .formatted(type == null ? "" : type, message, details));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
