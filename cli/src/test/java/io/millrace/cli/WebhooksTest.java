package io.millrace.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cli.Shell.Ended;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class WebhooksTest {

  private static final String ENDPOINT =
      """
      {"id":"ep_1","type":"webhook_endpoint","url":"https://example.com/hook","description":null,
       "event_types":["job.failed","job.expired"],"features":null,"include_batch_items":false,"signing":"hmac",
       "public_key":null,"status":"active","disabled_reason":null,"status_since":"2026-11-20T10:00:00.123456Z",
       "failing_since":"2026-11-20T11:00:00.123456Z","last_success_at":null,"created_at":"2026-11-20T10:00:00.123456Z"}
      """;

  private FakeMillrace millrace;

  @BeforeEach
  void start() throws IOException {
    millrace = new FakeMillrace();
  }

  @AfterEach
  void stop() {
    millrace.close();
  }

  @Test
  void endpointsAreATable() {
    millrace.answer(200, list(ENDPOINT));

    assertThat(run("webhooks").out())
        .isEqualTo(
            """
            ENDPOINT  STATUS  FAILING SINCE        LAST SUCCESS  URL                       EVENTS
            ep_1      active  2026-11-20 11:00:00  -             https://example.com/hook  job.failed,job.expired
            """);
  }

  @Test
  void theSecretOfANewEndpointIsAllThatIsPrinted() {
    millrace.answer(201, with(ENDPOINT, "\"secret\":\"whsec_abc=\",\"previous_signs_until\":null"));

    Ended ended =
        run(
            "webhooks",
            "create",
            "https://example.com/hook",
            "--events",
            "job.failed",
            "--features",
            "a, b");

    assertThat(ended.out()).isEqualTo("whsec_abc=\n");
    assertThat(ended.err()).isEqualTo("Secret for ep_1: keep it, it is not shown again.\n");
    assertThat(millrace.requests().getFirst().body())
        .isEqualTo(
            "{\"url\":\"https://example.com/hook\",\"event_types\":[\"job.failed\"],\"features\":[\"a\",\"b\"]}");
  }

  @Test
  void aSecretIsRotated() {
    millrace.answer(
        200,
        with(
            ENDPOINT.replace("\"public_key\":null", "\"public_key\":\"whpk_abc=\""),
            "\"secret\":null,\"previous_signs_until\":\"2026-11-21T10:00:00.123456Z\""));

    Ended ended = run("webhooks", "rotate", "ep_1", "--overlap", "60", "--ed25519");

    assertThat(ended.out()).isEqualTo("whpk_abc=\n");
    assertThat(ended.err())
        .isEqualTo(
            """
            Public key for ep_1: verify with it.
            What signed so far signs beside it until 2026-11-21 10:00:00.
            """);
    var request = millrace.requests().getFirst();
    assertThat(request.uri()).isEqualTo("/v1/webhooks/endpoints/ep_1/rotate");
    assertThat(request.body()).isEqualTo("{\"overlap_seconds\":60,\"signing\":\"ed25519\"}");
  }

  @Test
  void anEndpointIsTestedResumedAndDeleted() {
    millrace
        .answer(202, "{\"id\":\"msg_1\",\"type\":\"webhook_delivery\",\"status\":\"pending\"}")
        .answer(200, with(ENDPOINT, "\"replayable\":3"))
        .answer(200, "{\"id\":\"ep_1\",\"type\":\"webhook_endpoint_deleted\"}");

    assertThat(run("webhooks", "test", "ep_1").err()).contains("webhooks deliveries msg_1");
    assertThat(run("webhooks", "resume", "ep_1").err()).contains("3 deliveries");
    assertThat(run("webhooks", "delete", "ep_1").err()).startsWith("ep_1 is gone");
    assertThat(millrace.requests())
        .extracting(request -> request.method() + " " + request.uri())
        .containsExactly(
            "POST /v1/webhooks/endpoints/ep_1/test",
            "POST /v1/webhooks/endpoints/ep_1/resume",
            "DELETE /v1/webhooks/endpoints/ep_1");
  }

  @Test
  void deliveriesAreATable() {
    millrace.answer(
        200,
        list(
            """
            {"id":"msg_1","event_type":"job.failed","status":"pending","attempts":2,"http_status":500,
             "error":{"code":"http_status","message":"…"},"job_id":"job_1","next_attempt_at":"2026-11-20T11:00:00.123456Z"}
            """,
            """
            {"id":"msg_2","event_type":"job.failed","status":"failed","attempts":10,"http_status":null,
             "error":{"code":"timeout","message":"…"},"job_id":"job_2","next_attempt_at":null}
            """));

    Ended ended = run("webhooks", "deliveries", "--endpoint", "ep_1", "--status", "pending,failed");

    assertThat(ended.out())
        .isEqualTo(
            """
            DELIVERY  EVENT       STATUS   ATTEMPTS  ANSWER   NEXT                 OF
            msg_1     job.failed  pending  2         500      2026-11-20 11:00:00  job_1
            msg_2     job.failed  failed   10        timeout  -                    job_2
            """);
    assertThat(millrace.requests().getFirst().uri())
        .isEqualTo("/v1/webhooks/deliveries?limit=20&endpoint_id=ep_1&status=pending%2Cfailed");
  }

  @Test
  void aReplayGoesOnUntilTheServerHasNoMore() {
    millrace
        .answer(200, "{\"replayed\":250,\"skipped\":1,\"has_more\":true,\"last_id\":\"msg_9\"}")
        .answer(200, "{\"replayed\":7,\"skipped\":0,\"has_more\":false,\"last_id\":null}");

    Ended ended = run("webhooks", "replay", "--endpoint", "ep_1", "--from", "2026-11-20T00:00:00Z");

    assertThat(ended.out()).isEqualTo("257 replayed; of 1 the endpoint is gone\n");
    assertThat(millrace.requests().getLast().body())
        .isEqualTo(
            "{\"endpoint_id\":\"ep_1\",\"from\":\"2026-11-20T00:00:00Z\",\"dry_run\":false,\"after_id\":\"msg_9\"}");
  }

  @Test
  void aRefusalIsToldInTheServersWords() {
    millrace.answer(
        400, FakeMillrace.refusal("invalid_request_error", "url: Input should be an https URL"));

    Ended ended = run("webhooks", "create", "http://example.com");

    assertThat(ended.exit()).isEqualTo(1);
    assertThat(ended.err()).isEqualTo("millrace: url: Input should be an https URL\n");
  }

  private Ended run(String... arguments) {
    return new Shell().with("MILLRACE_URL", millrace.url()).run(arguments);
  }

  private static String with(String object, String fields) {
    return object.strip().replaceFirst("}$", "," + fields + "}");
  }

  private static String list(String... items) {
    return "{\"data\":["
        + String.join(",", items)
        + "],\"has_more\":false,\"first_id\":\"a\",\"last_id\":\"b\"}";
  }
}
