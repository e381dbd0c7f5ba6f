package io.millrace.api.submit;

import static io.millrace.api.RunningApi.BODY;
import static io.millrace.api.RunningApi.PARAMS;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.RunningApi;
import io.millrace.api.RunningApi.Answer;
import io.millrace.job.JobId;
import io.millrace.testkit.PostgresExtension;
import java.net.http.HttpRequest.BodyPublishers;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SubmitIT {

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

  @Test
  void anAcceptedJobIsShownAndStored() {
    Answer answer =
        api.post(
            """
            {"custom_id":"doc-17","lane":"bulk","user_id":"u_42","feature":"summaries","metadata":{"any":"str ing"},
             "max_attempts":3,"fallback_models":["claude-haiku-5-5"],"on_ambiguous":"fail","timeout_seconds":30,
             "webhook":{"url":"https://example.com/hook"},"anthropic_beta":["b-1"],"params":%s}
            """
                .formatted(PARAMS));

    assertThat(answer.status()).isEqualTo(202);
    String id = answer.text("id");
    assertThat(JobId.parse(id)).isPresent();
    assertThat(answer.header("location")).isEqualTo("/v1/jobs/" + id);
    assertThat(answer.header("request-id")).startsWith("req_");
    assertThat(answer.header("millrace-version")).isNotBlank().doesNotContain("$");
    assertThat(answer.text("type")).isEqualTo("job");
    assertThat(answer.text("status")).isEqualTo("queued");
    assertThat(answer.text("waiting_for")).isEqualTo("dispatch");
    assertThat(answer.text("lane")).isEqualTo("bulk");
    assertThat(answer.text("custom_id")).isEqualTo("doc-17");
    assertThat(answer.text("user_id")).isEqualTo("u_42");
    assertThat(answer.text("metadata", "any")).isEqualTo("str ing");
    assertThat(answer.text("on_ambiguous")).isEqualTo("fail");
    assertThat(answer.text("webhook", "url")).isEqualTo("https://example.com/hook");
    assertThat(answer.text("anthropic_version")).isEqualTo("2026-10-21");
    assertThat(answer.text("cost", "amount")).isEqualTo("0.000000");
    assertThat(answer.json().get("params")).isNull();
    assertThat(api.get("/v1/jobs/" + id).json()).isEqualTo(answer.json());
    assertThat(
            api.number(
                "select count(*) from request where convert_from(params, 'UTF8') = '"
                    + PARAMS
                    + "'"))
        .isPositive();
  }

  @Test
  void aJobThatNamesNoTimeoutGetsOneThatFitsItsRequest() {
    String request = "{\"params\":{\"model\":\"m\",\"max_tokens\":%d,\"messages\":[{}]}}";

    assertThat(api.post(request.formatted(100)).json().get("timeout_seconds").asInt())
        .isEqualTo(130);
    assertThat(api.post(request.formatted(64_000)).json().get("timeout_seconds").asInt())
        .isEqualTo(1_800);
  }

  @Test
  void aCallersTraceIsKeptWithTheJobWhileNothingIsTraced() {
    String caller = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    var traced = api.post(RunningApi.BODY, request -> request.header("traceparent", caller));
    var invalid = api.post(RunningApi.BODY, request -> request.header("traceparent", "00-x"));
    var untraced = api.post(RunningApi.BODY);

    assertThat(List.of(traced.status(), invalid.status(), untraced.status())).containsOnly(202);
    assertThat(api.number("select count(*) from request where trace_parent = '" + caller + "'"))
        .isEqualTo(1);
    assertThat(api.number("select count(*) from request where trace_parent is not null"))
        .isEqualTo(1);
  }

  @Test
  void aPlannedJobSaysWhenItStarts() {
    Answer answer = api.post("{\"run_at\":\"2099-01-01T00:00:00Z\",\"params\":" + PARAMS + "}");
    assertThat(answer.status()).isEqualTo(400);

    String tomorrow = java.time.Instant.now().plusSeconds(86_400).toString();
    answer = api.post("{\"run_at\":\"" + tomorrow + "\",\"params\":" + PARAMS + "}");

    assertThat(answer.text("waiting_for")).isEqualTo("schedule");
    assertThat(answer.text("expected_start")).isEqualTo(answer.text("run_at"));
    assertThat(api.get("/v1/jobs/" + answer.text("id")).json()).isEqualTo(answer.json());
  }

  @Test
  void theSameKeyGivesTheSameJob() {
    Answer first = api.post(BODY, request -> request.header("Idempotency-Key", "k-1"));
    Answer second = api.post(BODY, request -> request.header("Idempotency-Key", "k-1"));

    assertThat(first.header("idempotent-replayed")).isNull();
    assertThat(second.status()).isEqualTo(202);
    assertThat(second.header("idempotent-replayed")).isEqualTo("true");
    assertThat(second.header("location")).isEqualTo(first.header("location"));
    assertThat(second.json()).isEqualTo(first.json());
  }

  @Test
  void theSameKeyWithAnotherBodyIsAConflict() {
    api.post(BODY, request -> request.header("Idempotency-Key", "k-2"));
    Answer other = api.post(BODY + " ", request -> request.header("Idempotency-Key", "k-2"));

    assertThat(other.status()).isEqualTo(409);
    assertThat(other.text("error", "type")).isEqualTo("conflict_error");
  }

  @Test
  void aKeyBelongsToItsTenantAndOnlyAcceptedRequestsUseItUp() {
    assertThat(api.post("{}", request -> request.header("Idempotency-Key", "k-3")).status())
        .isEqualTo(400);
    Answer ours = api.post(BODY, request -> request.header("Idempotency-Key", "k-3"));
    Answer theirs =
        api.sendAs(
            "rival-key",
            "/v1/jobs",
            request ->
                request
                    .header("content-type", "application/json")
                    .header("Idempotency-Key", "k-3")
                    .POST(BodyPublishers.ofString(BODY)));

    assertThat(ours.status()).isEqualTo(202);
    assertThat(theirs.status()).isEqualTo(202);
    assertThat(theirs.text("id")).isNotEqualTo(ours.text("id"));
    assertThat(api.get("/v1/jobs/" + theirs.text("id")).status()).isEqualTo(404);
  }

  @Test
  void aHundredIdenticalPostsAtOnceMakeOneJob() throws Exception {
    long before = api.number("select count(*) from job");
    Callable<Answer> post =
        () -> api.post(BODY, request -> request.header("Idempotency-Key", "all-at-once"));
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Answer>> answers =
          threads.invokeAll(IntStream.range(0, 100).mapToObj(i -> post).toList());
      for (var answer : answers) {
        assertThat(answer.get().status()).isEqualTo(202);
        assertThat(answer.get().text("id")).isEqualTo(answers.getFirst().get().text("id"));
      }
      assertThat(
              answers.stream()
                  .filter(answer -> answer.resultNow().header("idempotent-replayed") == null))
          .hasSize(1);
    }
    assertThat(api.number("select count(*) from job") - before).isEqualTo(1);
    assertThat(api.number("select count(*) from request r join job j on j.id = r.job_id"))
        .isEqualTo(api.number("select count(*) from job"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "two\tparts"})
  void anIdempotencyKeyIsPrintable(String key) {
    Answer answer = api.post(BODY, request -> request.header("Idempotency-Key", key));

    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.text("error", "message")).startsWith("idempotency-key: ");
  }

  @Test
  void anIdempotencyKeyEndsAt255Characters() {
    assertThat(api.post(BODY, r -> r.header("Idempotency-Key", "k".repeat(255))).status())
        .isEqualTo(202);
    assertThat(api.post(BODY, r -> r.header("Idempotency-Key", "k".repeat(256))).status())
        .isEqualTo(400);
    assertThat(
            api.post(BODY, r -> r.header("Idempotency-Key", "a").header("Idempotency-Key", "b"))
                .status())
        .isEqualTo(400);
  }

  @Test
  void versionAndBetasComeFromTheHeadersWhereTheBodyIsSilent() {
    Answer answer =
        api.post(
            BODY,
            request ->
                request
                    .header("anthropic-version", "2023-06-01")
                    .header("anthropic-beta", "a-1, b-2")
                    .header("anthropic-beta", "c-3"));

    assertThat(answer.text("anthropic_version")).isEqualTo("2023-06-01");
    assertThat(answer.json().get("anthropic_beta").toString())
        .isEqualTo("[\"a-1\",\"b-2\",\"c-3\"]");
    assertThat(
            api.post(BODY, request -> request.header("anthropic-version", "2020-01-01"))
                .text("error", "message"))
        .isEqualTo("anthropic-version: Input should be '2023-06-01' or '2026-10-21'");
  }

  @Test
  void aRefusedRequestLeavesNothingBehind() {
    long jobs = api.number("select count(*) from job");
    long requests = api.number("select count(*) from request");
    long keys = api.number("select count(*) from idempotency_key");

    for (String body :
        List.of("{}", "{\"params\":" + PARAMS + ",\"x\":1}", "[", "{\"params\":{}}")) {
      assertThat(api.post(body, r -> r.header("Idempotency-Key", "refused")).status())
          .isEqualTo(400);
    }

    assertThat(api.number("select count(*) from job")).isEqualTo(jobs);
    assertThat(api.number("select count(*) from request")).isEqualTo(requests);
    assertThat(api.number("select count(*) from idempotency_key")).isEqualTo(keys);
  }

  @Test
  void whatPostgresCanHoldIsHeld() {
    String odd = "\\u0001\\u007f\\n\\t\\\\ \\\"äß€😀\\ud83d\\ude00\u2028";
    Answer answer =
        api.post(
            "{\"custom_id\":\""
                + odd
                + "\",\"metadata\":{\""
                + odd
                + "\":\""
                + odd
                + "\"},\"params\":"
                + PARAMS
                + "}");

    assertThat(answer.status()).isEqualTo(202);
    assertThat(api.get("/v1/jobs/" + answer.text("id")).json()).isEqualTo(answer.json());
    assertThat(answer.text("custom_id")).startsWith("\u0001\u007f\n\t\\ \"äß€😀😀");
  }
}
