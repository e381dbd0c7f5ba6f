package io.millrace.api.inspect;

import static io.millrace.api.RunningApi.BODY;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.RunningApi;
import io.millrace.api.RunningApi.Answer;
import io.millrace.job.JobId;
import io.millrace.testkit.PostgresExtension;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class InspectIT {

  private static final String MESSAGE =
      "{ \"id\":\"msg_1\",\n\"content\" : [{\"type\":\"text\",\"text\":\"4\\u0032 ä\"}], \"usage\":{\"input_tokens\":1.50e0} }";

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
  void theAnswerIsEmbeddedByteForByte() {
    String id = submitted();
    finish(id, "succeeded", null, MESSAGE);

    Answer job = api.get("/v1/jobs/" + id);

    assertThat(new String(job.response().body(), UTF_8))
        .contains("\"result\":{\"type\":\"succeeded\",\"message\":" + MESSAGE + "}");
    assertThat(job.text("status")).isEqualTo("succeeded");
    assertThat(job.text("failure")).isNull();
    assertThat(job.text("waiting_for")).isNull();
  }

  @Test
  void usageAndCostAreSumsOverAllAttempts() {
    String id = submitted();
    for (int attempt = 1; attempt <= 2; attempt++) {
      api.execute(
          """
          insert into cost (job_id, attempt_no, entry, kind, tenant_id, lane, model, incurred_at, input_tokens,
            output_tokens, cache_read_tokens, cache_write_5m_tokens, cache_write_1h_tokens, web_searches, amount)
          values ('%s', %d, 1, '%s', 1, 'standard', 'm', now(), 10, 20, 30, 4, 5, 0, 0.00000123)
          """
              .formatted(uuid(id), attempt, "charged"));
    }
    api.execute(
        """
        insert into cost (job_id, attempt_no, entry, kind, tenant_id, lane, model, incurred_at, input_tokens,
          output_tokens, cache_read_tokens, cache_write_5m_tokens, cache_write_1h_tokens, web_searches, amount)
        values ('%s', 3, 1, 'suspected', 1, 'standard', 'm', now(), 10, 20, 30, 4, 5, 0, 1.5)
        """
            .formatted(uuid(id)));

    Answer job = api.get("/v1/jobs/" + id);

    assertThat(job.json().get("usage").toString())
        .isEqualTo(
            "{\"input_tokens\":20,\"output_tokens\":40,\"cache_read_input_tokens\":60,\"cache_creation_input_tokens\":18}");
    assertThat(job.json().get("cost").toString())
        .isEqualTo("{\"currency\":\"USD\",\"amount\":\"0.00000246\",\"suspected\":\"1.500000\"}");
  }

  @Test
  void aFailedJobSaysWhy() {
    String id = submitted();
    finish(id, "failed", "invalid_request", null);

    Answer job = api.get("/v1/jobs/" + id);

    assertThat(job.text("result", "type")).isEqualTo("errored");
    assertThat(job.text("result", "error", "type")).isEqualTo("error");
    assertThat(job.text("failure", "code")).isEqualTo("invalid_request");
    assertThat(job.text("failure", "class")).isEqualTo("permanent");
    assertThat(job.text("failure", "message")).isNotBlank();
  }

  @ParameterizedTest
  @ValueSource(strings = {"canceled", "expired"})
  void aJobThatEndedWithoutAnAnswerSaysSo(String state) {
    String id = submitted();
    finish(id, state, null, null);

    Answer job = api.get("/v1/jobs/" + id);

    assertThat(job.text("status")).isEqualTo(state);
    assertThat(job.json().get("result").toString()).isEqualTo("{\"type\":\"" + state + "\"}");
  }

  @Test
  void whoWaitsIsAnsweredWhenTheJobHasEnded() throws Exception {
    List<String> ids = IntStream.range(0, 50).mapToObj(i -> submitted()).toList();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var waiting =
          ids.stream()
              .map(id ->
                  CompletableFuture.supplyAsync(
                      () -> api.get("/v1/jobs/" + id + "?wait=60"), threads))
              .toList();
      assertThat(CompletableFuture.anyOf(waiting.toArray(CompletableFuture[]::new)).isDone())
          .isFalse();

      ids.forEach(id -> finish(id, "succeeded", null, MESSAGE));

      for (var answer : waiting) {
        assertThat(answer.get().text("status")).isEqualTo("succeeded");
      }
    }
  }

  @Test
  void aWaitEndsWithTheJobAsItStands() {
    String id = submitted();
    long start = System.nanoTime();

    Answer job = api.get("/v1/jobs/" + id + "?wait=1");

    assertThat(job.status()).isEqualTo(200);
    assertThat(job.text("status")).isEqualTo("queued");
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThan(Duration.ofMillis(990));
  }

  @ParameterizedTest
  @ValueSource(strings = {"-1", "61", "1.5", "x", "", "1000000000000", "%20", "%D9%A1"})
  void aWaitIsZeroToSixtySeconds(String wait) {
    Answer answer = api.get("/v1/jobs/" + submitted() + "?wait=" + wait);

    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.text("error", "message")).startsWith("wait: ");
  }

  @Test
  void unknownQueryParametersAreIgnored() {
    assertThat(api.get("/v1/jobs/" + submitted() + "?wait=0&x=1&beta=true").status())
        .isEqualTo(200);
  }

  @Test
  void somebodyElsesJobIsNotThere() {
    String id = submitted();

    Answer theirs = api.sendAs("rival-key", "/v1/jobs/" + id + "?wait=60", request -> request);

    assertThat(theirs.status()).isEqualTo(404);
    assertThat(theirs.text("error", "message"))
        .isEqualTo(api.get("/v1/jobs/job_00000000000000000000000000").text("error", "message"));
  }

  private static String submitted() {
    return api.post(BODY).text("id");
  }

  private static void finish(String id, String state, String failureCode, String body) {
    String code = failureCode == null ? "null" : "'" + failureCode + "'";
    if (body != null) {
      api.execute(
          "insert into result (job_id, series, type, body) values ('%s', 1, 'succeeded', convert_to('%s', 'UTF8'))"
              .formatted(uuid(id), body));
    }
    api.execute(
        "update job set state = '%s', finished_at = now(), failure_code = %s where id = '%s'"
            .formatted(state, code, uuid(id)));
  }

  private static String uuid(String id) {
    return JobId.parse(id).orElseThrow().uuid().toString();
  }
}
