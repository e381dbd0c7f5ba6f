package io.millrace.api.problem;

import static io.millrace.api.RunningApi.BODY;
import static io.millrace.api.RunningApi.PARAMS;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.RawHttp;
import io.millrace.api.RunningApi;
import io.millrace.api.RunningApi.Answer;
import io.millrace.testkit.PostgresExtension;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.util.Arrays;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

class EnvelopeIT {

  @RegisterExtension static final PostgresExtension postgres = PostgresExtension.shared();

  private static RunningApi api;

  @BeforeAll
  static void start() {
    api = RunningApi.start(postgres);
  }

  @AfterAll
  static void stop() {
    api.close();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/v1/nothing",
        "/nothing",
        "/",
        "/error",
        "/v1/jobs/",
        "/v1/jobs/x/y",
        "/v1/jobs/job_nonsense",
        "/v1/jobs/job_00000000000000000000000000",
        "/actuator/nothing",
        "/favicon.ico"
      })
  void whatIsNotThereIsAnEnvelope(String path) {
    assertProblem(api.get(path), 404, "not_found_error");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/v1/jobs/a%2Fb", "/v1/jobs/%00", "/v1/../v1/jobs/%2e%2e"})
  void oddPathsAreEnvelopesToo(String path) {
    Answer answer = api.get(path);

    assertThat(answer.status()).isBetween(400, 404);
    assertEnvelope(answer);
  }

  @Test
  void aMethodThatAPathDoesNotHaveIs405() {
    Answer answer =
        api.send("/v1/jobs", request -> request.method("PATCH", BodyPublishers.noBody()));

    assertProblem(answer, 405, "invalid_request_error");
    assertThat(answer.header("allow")).contains("POST");
    assertProblem(
        api.send("/actuator/health", request -> request.DELETE()), 405, "invalid_request_error");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/json; charset=utf-16",
        "application/jsonp",
        "multipart/form-data; boundary=x",
        "json"
      })
  void anotherContentTypeIsRefused(String type) {
    Answer answer =
        api.send(
            "/v1/jobs",
            request -> request.header("content-type", type).POST(BodyPublishers.ofString(BODY)));

    assertProblem(answer, 400, "invalid_request_error");
    assertThat(answer.text("error", "message")).startsWith("content-type: ");
  }

  @Test
  void noContentTypeIsRefused() {
    assertProblem(
        api.send("/v1/jobs", request -> request.POST(BodyPublishers.ofString(BODY))),
        400,
        "invalid_request_error");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "application/json",
        "Application/JSON; charset=\"UTF-8\"",
        "application/json;charset=utf8",
        "application/json; profile=x; charset=utf-8"
      })
  void jsonIsJsonHoweverItIsWritten(String type) {
    Answer answer =
        api.send(
            "/v1/jobs",
            request ->
                request
                    .header("content-type", type)
                    .header("accept", "text/html")
                    .POST(BodyPublishers.ofString(BODY)));

    assertThat(answer.status()).isEqualTo(202);
  }

  @Test
  void aCompressedBodyIsRefused() {
    Answer answer = api.post(BODY, request -> request.header("content-encoding", "gzip"));

    assertProblem(answer, 400, "invalid_request_error");
    assertThat(answer.text("error", "message")).startsWith("content-encoding: ");
  }

  @Test
  void malformedJsonSaysWhere() {
    Answer answer = api.post("{\n  \"params\": {,}\n}");

    assertProblem(answer, 400, "invalid_request_error");
    assertThat(answer.text("error", "message"))
        .startsWith("body: Malformed JSON at line 2, column 14");
  }

  @Test
  void sixtyThousandLevelsAreAnsweredWell() {
    String deep = "[".repeat(60_000) + "]".repeat(60_000);
    Answer answer = api.post("{\"params\":{\"messages\":" + deep + "}}");

    assertProblem(answer, 400, "invalid_request_error");
    assertThat(answer.text("error", "message"))
        .isEqualTo("params: Input should be nested at most 500 levels deep");
  }

  @Test
  void fortyMegabytesAreTooLargeWhetherTheLengthIsToldOrNot() {
    byte[] body = new byte[40 << 20];
    Arrays.fill(body, (byte) ' ');

    assertProblem(
        api.post("", request -> request.POST(BodyPublishers.ofByteArray(body))),
        413,
        "request_too_large");
    assertProblem(
        api.post(
            "",
            request ->
                request.POST(BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(body)))),
        413,
        "request_too_large");
  }

  @Test
  void aLargeRequestWithinTheLimitIsTaken() {
    String params = PARAMS.replace("Hi", "ä".repeat(15 << 20));
    byte[] body = ("{\"params\":" + params + "}").getBytes(java.nio.charset.StandardCharsets.UTF_8);

    Answer answer =
        api.post(
            "",
            request ->
                request.POST(BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(body))));

    assertThat(answer.status()).isEqualTo(202);
    assertThat(api.number("select max(octet_length(params)) from request"))
        .isEqualTo(body.length - "{\"params\":}".length());
  }

  @Test
  void aSenderThatWaitsForTheGoAheadIsToldBeforeItSends() throws IOException {
    var reply =
        RawHttp.exchange(
            api.port(),
            head(
                "POST /v1/jobs",
                "content-type: application/json",
                "content-length: 50000000",
                "expect: 100-continue"),
            0);

    assertThat(reply.status()).isEqualTo(413);
    assertRawEnvelope(reply);
  }

  @Test
  void aBodyThatDoesNotComeIsNotWaitedForForEver() throws IOException {
    try (var hasty = RunningApi.start(postgres, "server.tomcat.connection-timeout=300ms")) {
      var reply =
          RawHttp.exchange(
              hasty.port(),
              head("POST /v1/jobs", "content-type: application/json", "content-length: 10") + "{",
              0);

      assertThat(reply.status()).isEqualTo(408);
      assertRawEnvelope(reply);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "BAD\r\n\r\n",
        "GET /a|b HTTP/1.1\r\nhost: a\r\n\r\n",
        "GET /v1/jobs/x HTTP/9.9\r\nhost: a\r\n\r\n",
        "GET /v1/jobs/x HTTP/1.1\r\n\r\n",
        "GET /v1/jobs/x HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n",
        "GET /%zz HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n",
        "POST /v1/jobs HTTP/1.1\r\nhost: a\r\ncontent-length: x\r\n\r\n",
        "POST /v1/jobs HTTP/1.1\r\nhost: a\r\ntransfer-encoding: gzip\r\nconnection: close\r\n\r\n",
        "TRACE / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n"
      })
  void whatTomcatRefusesIsAnEnvelopeToo(String request) throws IOException {
    var reply = RawHttp.exchange(api.port(), request, 0);

    assertThat(reply.status()).isBetween(400, 599);
    assertRawEnvelope(reply);
  }

  @Test
  void aHeadThatIsTooLargeIsAnEnvelope() throws IOException {
    var reply = RawHttp.exchange(api.port(), head("GET /v1/jobs/x", "x: " + "y".repeat(20_000)), 0);

    assertThat(reply.status()).isEqualTo(400);
    assertRawEnvelope(reply);
  }

  @Test
  void anIdempotencyKeyIsAscii() throws IOException {
    var reply =
        RawHttp.exchange(
            api.port(),
            head(
                    "POST /v1/jobs",
                    "idempotency-key: \u00e4",
                    "content-type: application/json",
                    "content-length: " + BODY.length())
                + BODY,
            0);

    assertThat(reply.status()).isEqualTo(400);
    assertThat(reply.body()).contains("idempotency-key: ");
  }

  @Test
  void everyAnswerNamesRequestAndVersion() {
    for (String path : new String[] {"/actuator/health", "/v1/jobs/x", "/nothing"}) {
      assertThat(api.get(path).header("request-id")).startsWith("req_");
      assertThat(api.get(path).header("millrace-version")).isNotBlank();
    }
  }

  @Test
  void requestsAreCountedByRouteNeverByWhatTheCallerMadeUp() throws IOException {
    api.get("/v1/jobs/made-up");
    api.get("/made-up");

    var metrics = RawHttp.exchange(api.port(), head("GET /actuator/prometheus"), 0);

    assertThat(metrics.body())
        .contains(
            "millrace_http_requests_seconds_count{method=\"GET\",path=\"/v1/jobs/{id}\",status=\"404\"}")
        .contains("millrace_intake_waiting")
        .doesNotContain("made-up")
        .doesNotContain("http_server_requests");
  }

  private static String head(String target, String... headers) {
    return target
        + " HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\nauthorization: Bearer acme-key\r\n"
        + String.join("\r\n", headers)
        + "\r\n\r\n";
  }

  private static void assertProblem(Answer answer, int status, String type) {
    assertThat(answer.status()).isEqualTo(status);
    assertThat(answer.text("error", "type")).isEqualTo(type);
    assertEnvelope(answer);
  }

  private static void assertEnvelope(Answer answer) {
    assertThat(answer.text("type")).isEqualTo("error");
    assertThat(answer.text("error", "message")).isNotBlank();
    assertThat(answer.text("request_id")).startsWith("req_").isEqualTo(answer.header("request-id"));
    assertThat(answer.header("content-type")).isEqualTo("application/json");
  }

  private static void assertRawEnvelope(RawHttp.Reply reply) {
    var json = new JsonMapper().readTree(reply.body());
    assertThat(json.path("type").asString()).isEqualTo("error");
    assertThat(json.path("request_id").asString())
        .isEqualToIgnoringCase(reply.header("request-id"));
    assertThat(reply.header("millrace-version")).isNotBlank();
  }
}
