package io.millrace.claude.classify;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.claude.call.CallRequest;
import io.millrace.claude.call.ClaudeClient;
import io.millrace.claude.call.RawServer;
import io.millrace.claude.call.UpstreamSettings;
import io.millrace.claude.classify.Outcome.Failed;
import io.millrace.claude.classify.Outcome.RateLimited;
import io.millrace.claude.classify.Outcome.Succeeded;
import io.millrace.rate.Dimension;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** From bytes on a socket to an outcome, through the real client. */
@Timeout(60)
class WireTest {
  private static final String MESSAGE =
      "{\"type\":\"message\",\"content\":[],\"usage\":{\"input_tokens\":1,\"output_tokens\":2}}";
  private static final String ERROR =
      "{\"type\":\"error\",\"error\":{\"type\":\"x\",\"message\":\"no\"}}";

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "HTTP/1.1 400 Bad Request|invalid_request",
        "HTTP/1.1 401 Unauthorized|authentication_failed",
        "HTTP/1.1 402 Payment Required|billing_error",
        "HTTP/1.1 403 Forbidden|permission_denied",
        "HTTP/1.1 404 Not Found|not_found",
        "HTTP/1.1 407 Proxy Authentication Required|malformed_reply",
        "HTTP/1.1 408 Request Timeout|request_timeout",
        "HTTP/1.1 409 Conflict|conflict",
        "HTTP/1.1 413 Content Too Large|request_too_large",
        "HTTP/1.1 421 Misdirected Request|refused",
        "HTTP/1.1 422 Unprocessable|unprocessable",
        "HTTP/1.1 429 Too Many Requests|rate_limited",
        "HTTP/1.1 500 Internal Server Error|api_error",
        "HTTP/1.1 503 Unavailable|service_unavailable",
        "HTTP/1.1 504 Timeout|gateway_timeout",
        "HTTP/1.1 529 Overloaded|overloaded",
        "HTTP/1.1 308 Moved|redirect_refused",
        "HTTP/1.1 200 OK|unreadable_answer",
        "HTTP/1.1 204 No Content|malformed_reply"
      })
  void everyStatusMakesItThrough(String head, String code) {
    try (var server = RawServer.answering(head, ERROR.getBytes(StandardCharsets.UTF_8))) {
      var outcome = (Failed) outcome(server);

      assertThat(outcome.code().wireName()).isEqualTo(code);
      assertThat(server.requests()).hasSize(1);
    }
  }

  @Test
  void aMessageMakesItThrough() {
    byte[] message = MESSAGE.getBytes(StandardCharsets.UTF_8);
    try (var server = RawServer.answering("HTTP/1.1 200 OK", message)) {
      assertThat(((Succeeded) outcome(server)).message()).isEqualTo(message);
    }
  }

  @Test
  void aRateLimitBringsItsWaitAndDimension() {
    try (var server =
        RawServer.answering(
            "HTTP/1.1 429 No\r\nRetry-After: 7\r\nAnthropic-Ratelimit-Input-Tokens-Remaining: 0",
            ERROR.getBytes(StandardCharsets.UTF_8))) {
      var outcome = (RateLimited) outcome(server);

      assertThat(outcome.retryAfter()).isEqualTo(Duration.ofSeconds(7));
      assertThat(outcome.dimension()).isEqualTo(Dimension.INPUT_TOKENS);
    }
  }

  @ParameterizedTest
  @CsvSource({"0, connection_lost", "60, answer_cut", "100, answer_cut"})
  void aMessageCutAtAnyByteIsAmbiguous(int bytes, String code) {
    String reply = "HTTP/1.1 200 OK\r\ncontent-length: " + MESSAGE.length() + "\r\n\r\n" + MESSAGE;
    try (var server =
        new RawServer(connection -> {
          connection.read();
          connection.write(reply.substring(0, bytes));
        })) {
      assertThat(((Failed) outcome(server)).code().wireName()).isEqualTo(code);
    }
  }

  @Test
  void aMessageThatEndsWithTheConnectionMustBeWhole() {
    for (String body : List.of(MESSAGE, MESSAGE.substring(0, 40))) {
      try (var server =
          new RawServer(connection -> {
            connection.read();
            connection.write("HTTP/1.0 200 OK\r\n\r\n" + body);
          })) {
        assertThat(outcome(server) instanceof Succeeded).isEqualTo(body.equals(MESSAGE));
      }
    }
  }

  private static Outcome outcome(RawServer server) {
    Clock clock = Clock.systemUTC();
    try (var client = new ClaudeClient(UpstreamSettings.of(server.uri(), "k"), clock)) {
      var request =
          new CallRequest(
              "{\"model\":\"m\"}".getBytes(StandardCharsets.UTF_8),
              "2026-10-21",
              List.of(),
              Duration.ofSeconds(30),
              null);
      return Outcome.of(client.prepare(request).execute(), clock.instant());
    }
  }
}
