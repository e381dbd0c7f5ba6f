package io.millrace.claude.classify;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.claude.call.CallRequest;
import io.millrace.claude.call.ClaudeClient;
import io.millrace.claude.call.RawServer;
import io.millrace.claude.call.UpstreamSettings;
import io.millrace.claude.call.UpstreamSettings.Streaming;
import io.millrace.claude.classify.Outcome.Ambiguous;
import io.millrace.claude.classify.Outcome.Failed;
import io.millrace.claude.classify.Outcome.RateLimited;
import io.millrace.failure.FailureCode;
import io.millrace.simulator.Simulator;
import io.millrace.simulator.fault.Fault;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.FutureTask;
import java.util.stream.Stream;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every fault that the simulator knows, in both kinds of call, and the code that it ends with. */
@Timeout(60)
class EveryFaultTest {
  private static final Duration LONG = Duration.ofSeconds(30);
  private static final Streaming STREAMING =
      new Streaming(0, Duration.ofMillis(1_500), Duration.ofMillis(1_500));

  /** The codes of the plain and of the streamed call; null for an answer. */
  private record Ends(FailureCode plain, FailureCode streamed) {
    static Ends both(FailureCode code) {
      return new Ends(code, code);
    }
  }

  private static Ends of(Fault fault) {
    return switch (fault) {
      case RATE_LIMITED, RATE_LIMITED_INPUT, RATE_LIMITED_OUTPUT ->
          Ends.both(FailureCode.RATE_LIMITED);
      case RAMP_LIMITED -> Ends.both(FailureCode.RAMP_LIMIT_EXCEEDED);
      case SPEND_CAP -> Ends.both(FailureCode.ENFORCED_SPEND_LIMIT_REACHED);
      case CONTRACT_SPEND_CAP -> Ends.both(FailureCode.CONTRACT_SPEND_LIMIT_REACHED);
      case OVERLOADED -> Ends.both(FailureCode.OVERLOADED);
      case OVERLOADED_NO_RETRY -> Ends.both(FailureCode.RETRY_FORBIDDEN);
      case SERVER_ERROR -> Ends.both(FailureCode.API_ERROR);
      case UNAVAILABLE -> Ends.both(FailureCode.SERVICE_UNAVAILABLE);
      case GATEWAY_TIMEOUT -> Ends.both(FailureCode.GATEWAY_TIMEOUT);
      case REQUEST_TIMEOUT -> Ends.both(FailureCode.REQUEST_TIMEOUT);
      case CONFLICT -> Ends.both(FailureCode.CONFLICT);
      case UNAUTHORIZED -> Ends.both(FailureCode.AUTHENTICATION_FAILED);
      case PAYMENT_REQUIRED -> Ends.both(FailureCode.BILLING_ERROR);
      case FORBIDDEN -> Ends.both(FailureCode.PERMISSION_DENIED);
      case NOT_FOUND -> Ends.both(FailureCode.NOT_FOUND);
      case INVALID_REQUEST -> Ends.both(FailureCode.INVALID_REQUEST);
      case INVALID_REQUEST_RETRY -> Ends.both(FailureCode.RETRY_REQUESTED);
      case UNPROCESSABLE -> Ends.both(FailureCode.UNPROCESSABLE);
      case LOW_CREDIT -> Ends.both(FailureCode.CREDIT_BALANCE_TOO_LOW);
      case USAGE_LIMIT -> Ends.both(FailureCode.USAGE_LIMIT_REACHED);
      case ORGANIZATION_ON_HOLD -> Ends.both(FailureCode.ORGANIZATION_ON_HOLD);
      case TOO_LARGE_HTML -> Ends.both(FailureCode.REQUEST_TOO_LARGE);
      case HANG -> new Ends(FailureCode.CALL_TIMEOUT, FailureCode.STREAM_STALLED);
      case RESET, CLOSE, LOST_REPLY -> Ends.both(FailureCode.CONNECTION_LOST);
      case TRUNCATED, STREAM_CUT -> Ends.both(FailureCode.ANSWER_CUT);
      case GARBAGE, EMPTY -> Ends.both(FailureCode.UNREADABLE_ANSWER);
      case SLOW_DRIP, REFUSAL -> Ends.both(null);
      case STREAM_ERROR -> new Ends(FailureCode.OVERLOADED, FailureCode.STREAM_ERROR);
      case STREAM_STOP -> new Ends(FailureCode.UNREADABLE_ANSWER, FailureCode.ANSWER_CUT);
      case STREAM_STALL -> new Ends(FailureCode.CALL_TIMEOUT, FailureCode.STREAM_STALLED);
    };
  }

  private record Case(Fault fault, boolean streamed, FutureTask<Outcome> outcome) {}

  @Test
  void everyFaultEndsAsItsClassSays() throws Exception {
    try (var simulator = Simulator.start();
        var client =
            new ClaudeClient(
                UpstreamSettings.of(simulator.baseUri(), "k").with(STREAMING), Clock.systemUTC())) {
      List<Case> cases =
          Stream.of(Fault.values())
              .flatMap(fault ->
                  Stream.of(true, false)
                      .map(streamed ->
                          new Case(
                              fault,
                              streamed,
                              new FutureTask<>(() -> outcome(client, fault, streamed)))))
              .toList();
      cases.forEach(each -> Thread.ofVirtual().start(each.outcome()));

      var softly = new SoftAssertions();
      for (Case each : cases) {
        Ends ends = of(each.fault());
        FailureCode expected = each.streamed() ? ends.streamed() : ends.plain();
        Outcome outcome = each.outcome().get();
        softly
            .assertThat(outcome instanceof Failed failed ? failed.code() : null)
            .as("%s, %s", each.fault(), each.streamed() ? "streamed" : "plain")
            .isEqualTo(expected);
      }
      softly.assertAll();
    }
  }

  @Test
  void whatAStreamToldBeforeItBrokeIsTheSuspicion() {
    try (var simulator = Simulator.start();
        var client =
            new ClaudeClient(
                UpstreamSettings.of(simulator.baseUri(), "k").with(STREAMING), Clock.systemUTC())) {
      for (Fault fault : List.of(Fault.STREAM_ERROR, Fault.STREAM_CUT, Fault.STREAM_STOP)) {
        var outcome = (Ambiguous) outcome(client, fault, true);

        var billed = simulator.journal().getLast().usage();
        assertThat(outcome.seen().inputTokens()).isEqualTo(billed.inputTokens());
        assertThat(outcome.seen().outputTokens())
            .isBetween(billed.outputTokens(), 3 * billed.outputTokens());
      }
    }
  }

  @ParameterizedTest
  @CsvSource(
      nullValues = "-",
      value = {
        "overloaded_error, -, overloaded",
        "api_error, -, api_error",
        "timeout_error, -, gateway_timeout",
        "invalid_request_error, -, invalid_request",
        "invalid_request_error, organization_on_hold, organization_on_hold",
        "authentication_error, -, authentication_failed",
        "billing_error, -, billing_error",
        "permission_error, -, permission_denied",
        "not_found_error, -, not_found",
        "conflict_error, -, conflict",
        "request_too_large, -, request_too_large",
        "rate_limit_error, -, rate_limited",
        "rate_limit_error, enforced_spend_limit_reached, enforced_spend_limit_reached",
        "a_new_error, -, api_error"
      })
  void anErrorBeforeAnyMessageIsARefusal(String type, String errorCode, String code) {
    String error = error(type, errorCode);

    var outcome = (Failed) streamed(": hello\n\n" + event("ping", "{\"type\":\"ping\"}") + error);

    assertThat(outcome.code().wireName()).isEqualTo(code);
    assertThat(outcome.fault().message()).isEqualTo("No.");
    assertThat(outcome.fault().envelope()).isNotNull();
    assertThat(outcome instanceof RateLimited).isEqualTo("rate_limited".equals(code));
  }

  @ParameterizedTest
  @CsvSource({"overloaded_error", "rate_limit_error", "api_error", "invalid_request_error", "new"})
  void anErrorOnceTheMessageHasBegunMayHaveBeenPaidFor(String type) {
    String start =
        "{\"type\":\"message_start\",\"message\":{\"type\":\"message\",\"usage\":{\"input_tokens\":41,\"output_tokens\":1}}}";

    var outcome = (Ambiguous) streamed(event("message_start", start) + error(type, null));

    assertThat(outcome.code()).isEqualTo(FailureCode.STREAM_ERROR);
    assertThat(outcome.fault().message()).contains(type + ": No.");
    assertThat(outcome.fault().envelope()).asString(UTF_8).contains("\"No.\"");
    assertThat(outcome.seen().inputTokens()).isEqualTo(41);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "''|answer_cut",
        "data: [DONE]|unreadable_answer",
        "data: {\"type\":\"error\"}|stream_error",
        "data: {\"type\":\"message_stop\"}|unreadable_answer",
        "<html></html>|answer_cut"
      })
  void aStreamOfSomethingElseIsAmbiguous(String stream, String code) {
    var outcome = (Ambiguous) streamed(stream + "\n\n");

    assertThat(outcome.code().wireName()).isEqualTo(code);
    assertThat(outcome.seen()).isNull();
  }

  @Test
  void aPageInPlaceOfAStreamIsNoMessage() {
    try (var server =
        RawServer.answering(
            "HTTP/1.1 200 OK\r\ncontent-type: text/html", "<html></html>".getBytes(UTF_8))) {
      assertThat(((Failed) outcome(server)).code()).isEqualTo(FailureCode.UNREADABLE_ANSWER);
    }
  }

  private static Outcome streamed(String stream) {
    try (var server =
        RawServer.answering(
            "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream", stream.getBytes(UTF_8))) {
      return outcome(server);
    }
  }

  private static Outcome outcome(RawServer server) {
    try (var client = new ClaudeClient(UpstreamSettings.of(server.uri(), "k"), Clock.systemUTC())) {
      return outcome(client, "{\"model\":\"m\"}", true, LONG);
    }
  }

  private static Outcome outcome(ClaudeClient client, Fault fault, boolean streamed) {
    String name = fault.name().toLowerCase(Locale.ROOT);
    String body =
        """
        {"model":"claude-sonnet-5-5","max_tokens":1000,"messages":[{"role":"user",
         "content":"[[simulator:%s]][[simulator:output 100]]"}]}
        """
            .formatted(name);
    boolean hangs = fault == Fault.HANG || fault == Fault.STREAM_STALL;
    return outcome(client, body, streamed, hangs && !streamed ? Duration.ofMillis(700) : LONG);
  }

  private static Outcome outcome(
      ClaudeClient client, String body, boolean streamed, Duration timeout) {
    var request =
        new CallRequest(body.getBytes(UTF_8), "2026-10-21", List.of(), timeout, null, streamed);
    return Outcome.of(client.prepare(request).execute(), Clock.systemUTC().instant());
  }

  private static String error(String type, String errorCode) {
    String details = errorCode == null ? "" : ",\"details\":{\"error_code\":\"" + errorCode + "\"}";
    return event(
        "error",
        "{\"type\":\"error\",\"error\":{\"type\":\"%s\",\"message\":\"No.\"%s},\"request_id\":\"req_1\"}"
            .formatted(type, details));
  }

  private static String event(String name, String data) {
    return "event: " + name + "\ndata: " + data + "\n\n";
  }
}
