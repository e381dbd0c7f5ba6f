package io.millrace.api.inspect;

import static io.millrace.api.RunningApi.BODY;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.time.temporal.ChronoUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.millrace.api.RunningApi;
import io.millrace.api.RunningApi.Answer;
import io.millrace.db.tenant.ApiKeys;
import io.millrace.db.tenant.ApiKeys.Role;
import io.millrace.db.tenant.KeySecret;
import io.millrace.job.JobId;
import io.millrace.testkit.PostgresExtension;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.time.Duration;
import java.time.Instant;
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
import tools.jackson.databind.JsonNode;

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
    cost(id, 1, "charged", "m", "0.00000123");
    cost(id, 2, "charged", "m", "0.00000123");
    cost(id, 3, "suspected", "m", "1.5");

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
  void aQueuedJobSaysWhichLimitItsPoolWaitsFor() {
    freshPool();
    String first = submitted();
    String second = submitted();
    assertThat(api.get("/v1/jobs/" + second).text("waiting_for")).isEqualTo("dispatch");

    drawn("waits_for", "'input_tokens'");
    Answer job = api.get("/v1/jobs/" + second);

    assertThat(job.text("waiting_for")).isEqualTo("input_tokens");
    // Two turns at two jobs a second.
    assertThat(Instant.parse(job.text("expected_start")))
        .isCloseTo(Instant.now().plusSeconds(1), within(5, SECONDS));
    JsonNode listed = api.get("/v1/jobs?limit=2").json().get("data");
    assertThat(listed.get(0).get("waiting_for").asString()).isEqualTo("input_tokens");
    assertThat(listed.get(0).get("expected_start").isNull()).isTrue();

    // Another tenant's job beside one's own: the first is at the head, the second waits its turn.
    api.sendAs("rival-key", "/v1/jobs", InspectIT::posted);
    assertThat(api.get("/v1/jobs/" + first).text("waiting_for")).isEqualTo("input_tokens");
    assertThat(api.get("/v1/jobs/" + second).text("waiting_for")).isEqualTo("tenant_share");
    assertThat(api.get("/v1/jobs?limit=1").json().get("data").get(0).get("waiting_for").asString())
        .isEqualTo("tenant_share");
  }

  @Test
  void aJobWhoseUserHasNoMoreTurnsSaysWhenItsTurnIs() {
    freshPool();
    String id = submitted();
    api.execute(
        "update job set quota_mark = -1, due_at = '2099-01-01T00:00:00Z', parked_until = '2099-01-01T00:00:00Z'");

    Answer job = api.get("/v1/jobs/" + id);

    assertThat(job.text("waiting_for")).isEqualTo("tenant_share");
    assertThat(job.text("expected_start")).isEqualTo("2099-01-01T00:00:00Z");
  }

  @Test
  void aJobThatWasGivenBackSaysWhatItsPoolWaitsFor() {
    freshPool();
    String id = submitted();
    drawn("waits_for", "'output_tokens'");
    api.execute("update job set started_at = now(), due_at = now() + interval '1 minute'");
    assertThat(api.get("/v1/jobs/" + id).text("waiting_for")).isEqualTo("output_tokens");

    api.execute("update job set attempts = 1, counted_attempts = 1");
    assertThat(api.get("/v1/jobs/" + id).text("waiting_for")).isEqualTo("retry");
  }

  @Test
  void aQueuedJobOfABlockedPoolSaysUntilWhen() {
    freshPool();
    String id = submitted();
    drawn("blocked_by", "'output_tokens'");
    drawn("blocked_until", "now() + interval '1 hour'");

    Answer job = api.get("/v1/jobs/" + id);
    assertThat(job.text("waiting_for")).isEqualTo("output_tokens");
    assertThat(Instant.parse(job.text("expected_start")))
        .isCloseTo(Instant.now().plusSeconds(3600), within(10, SECONDS));

    drawn("blocked_by", "'circuit_open'");
    assertThat(api.get("/v1/jobs/" + id).text("waiting_for")).isEqualTo("paused");
  }

  @Test
  void theOperatorSeesPausesAndResumesAPool() {
    freshPool();
    String id = submitted();
    drawn("waits_for", "'input_tokens'");

    JsonNode pool = limits("GET", "/sonnet-5-5", null).json();
    assertThat(pool.get("status").asString()).isEqualTo("open");
    assertThat(pool.get("input_tokens").get("limit_per_minute").asLong()).isEqualTo(30_000);
    assertThat(pool.get("input_tokens").get("used").asLong()).isEqualTo(400);
    assertThat(pool.get("output_tokens").get("limit_per_minute").isNull()).isTrue();
    assertThat(pool.get("waits_for").asString()).isEqualTo("input_tokens");
    assertThat(pool.get("starts_per_second").toString()).isEqualTo("2");
    assertThat(pool.get("queued").get("standard").asInt()).isEqualTo(1);

    Answer paused = limits("POST", "/sonnet-5-5/pause", "{\"reason\":\"audit\"}");
    assertThat(paused.text("status")).isEqualTo("paused");
    assertThat(limits("POST", "/sonnet-5-5/pause", null).status()).isEqualTo(200);
    JsonNode pause =
        limits("GET", "", null)
            .json()
            .get("data")
            .valueStream()
            .filter(each -> each.get("id").asString().equals("sonnet-5-5"))
            .findFirst()
            .orElseThrow()
            .get("pauses")
            .get(0);
    assertThat(pause.get("kind").asString()).isEqualTo("manual");
    assertThat(pause.get("reason").asString()).isEqualTo("audit");
    assertThat(pause.get("next_probe_at").isNull()).isTrue();
    assertThat(api.get("/v1/jobs/" + id).text("waiting_for")).isEqualTo("paused");
    assertThat(api.get("/v1/jobs/" + id).text("expected_start")).isNull();

    Answer resumed = limits("POST", "/sonnet-5-5/resume", null);
    assertThat(resumed.text("status")).isEqualTo("open");
    assertThat(resumed.json().get("pauses").size()).isZero();
    assertThat(api.get("/v1/jobs/" + id).text("waiting_for")).isEqualTo("input_tokens");
  }

  @Test
  void aPoolThatNobodyKnowsIsRefusedByNamingThoseThatThereAre() {
    for (String path : List.of("/nothing", "/%00", "/a%2Fb", "/nothing/pause", "/%20/resume")) {
      Answer refused = limits(path.matches("/[^/]+") ? "GET" : "POST", path, null);
      assertThat(refused.status()).as(path).isIn(400, 404);
    }
    assertThat(limits("GET", "/nothing", null).text("error", "message"))
        .contains("haiku-5-5, ", "sonnet-5-5");
    assertThat(limits("POST", "/sonnet-5-5/pause", "{\"why\":1}").text("error", "message"))
        .startsWith("why: ");
    assertThat(limits("POST", "/sonnet-5-5/pause", "{\"reason\":\"\"}").status()).isEqualTo(400);
    assertThat(limits("POST", "/sonnet-5-5/resume", "{\"reason\":\"\"}").status()).isEqualTo(400);
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

  @Test
  void whatHasNoPriceIsNotZero() {
    String id = submitted();
    cost(id, 1, "suspected", "m", "1.5");
    cost(id, 2, "suspected", "m", "null");
    cost(id, 3, "charged", "m", "null");

    assertThat(api.get("/v1/jobs/" + id).json().get("cost").toString())
        .isEqualTo("{\"currency\":\"USD\",\"amount\":null,\"suspected\":null}");
  }

  @Test
  void usageIsSummedForWhomItBelongsTo() {
    String id = submitted();
    cost(id, 1, "charged", "claude-a", "0.00000123");
    cost(id, 2, "charged", "claude-a", "2.5");
    cost(id, 3, "charged", "claude-b", "null");
    cost(id, 4, "suspected", "claude-b", "1.5");

    Answer own = api.get("/v1/usage?group_by=model,lane&x=1");

    assertThat(own.status()).isEqualTo(200);
    assertThat(group(own, "claude-a").toString())
        .isEqualTo(
            "{\"model\":\"claude-a\",\"lane\":\"standard\",\"calls\":2,\"unpriced_calls\":0,"
                + "\"suspected_calls\":0,\"unpriced_suspected_calls\":0,\"usage\":{\"input_tokens\":20,"
                + "\"output_tokens\":40,\"cache_read_input_tokens\":60,\"cache_creation_input_tokens\":18,"
                + "\"cache_creation\":{\"ephemeral_5m_input_tokens\":8,\"ephemeral_1h_input_tokens\":10},"
                + "\"server_tool_use\":{\"web_search_requests\":0}},\"cost\":{\"currency\":\"USD\","
                + "\"amount\":\"2.50000123\",\"suspected\":\"0.000000\"}}");
    JsonNode unpriced = group(own, "claude-b");
    assertThat(unpriced.at("/unpriced_calls").asInt()).isEqualTo(1);
    assertThat(unpriced.at("/cost/amount").isNull()).isTrue();
    assertThat(unpriced.at("/cost/suspected").asString()).isEqualTo("1.500000");
    assertThat(own.json().at("/total/unpriced_calls").asInt()).isEqualTo(1);
    assertThat(own.text("total", "cost", "amount")).isNotNull();
    assertThat(
            api.sendAs("rival-key", "/v1/usage", request -> request)
                .json()
                .at("/total/calls")
                .asInt())
        .isZero();
  }

  @Test
  void onlyAnOperatorSeesTheUsageOfOthers() {
    new ApiKeys(postgres.database()).enter(2, Role.OPERATOR, new KeySecret("operator-key"));
    cost(submitted(), 1, "charged", "claude-c", "0.5");
    String[] theirs = {"/v1/usage?tenant=acme", "/v1/usage?group_by=tenant,model"};

    assertThat(api.sendAs("rival-key", theirs[0], request -> request).status()).isEqualTo(403);
    assertThat(api.sendAs("rival-key", theirs[1], request -> request).status()).isEqualTo(400);
    assertThat(api.get("/v1/usage?tenant=acme").status()).isEqualTo(200);

    Answer named = api.sendAs("operator-key", theirs[0] + "&group_by=model", request -> request);
    Answer all = api.sendAs("operator-key", theirs[1], request -> request);

    assertThat(group(named, "claude-c").at("/cost/amount").asString()).isEqualTo("0.500000");
    assertThat(group(all, "claude-c").at("/tenant").asString()).isEqualTo("acme");
    assertThat(
            api.sendAs("operator-key", "/v1/usage?tenant=nobody", request -> request)
                .text("error", "message"))
        .startsWith("tenant: ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"from=soon", "to=soon", "group_by=hour"})
  void whatIsWrongInAQuestionForUsageIsNamed(String wrong) {
    Answer answer = api.get("/v1/usage?" + wrong);

    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.text("error", "message")).startsWith(wrong.replaceAll("=.*", ": "));
  }

  private static JsonNode group(Answer usage, String model) {
    return usage
        .json()
        .get("data")
        .valueStream()
        .filter(group -> group.at("/model").asString().equals(model))
        .findFirst()
        .orElseThrow();
  }

  private static void cost(String id, int attempt, String kind, String model, String amount) {
    api.execute(
        """
        insert into cost (job_id, attempt_no, entry, kind, tenant_id, lane, model, incurred_at, input_tokens,
          output_tokens, cache_read_tokens, cache_write_5m_tokens, cache_write_1h_tokens, web_searches, amount)
        values ('%s', %d, 1, '%s', 1, 'standard', '%s', now(), 10, 20, 30, 4, 5, 0, %s)
        """
            .formatted(uuid(id), attempt, kind, model, amount));
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

  private static Answer limits(String method, String path, String body) {
    return api.sendAs(
        "staff-key",
        "/v1/limits" + path,
        request ->
            body == null
                ? request.method(method, BodyPublishers.noBody())
                : request
                    .header("content-type", "application/json")
                    .method(method, BodyPublishers.ofString(body)));
  }

  private static HttpRequest.Builder posted(HttpRequest.Builder request) {
    return request.header("content-type", "application/json").POST(BodyPublishers.ofString(BODY));
  }

  /** No jobs, and a pool that was just drawn from and holds nothing back. */
  private static void freshPool() {
    api.execute("truncate job, request, result, attempt, cost, rate_pool, pool_pause");
    api.execute(
        """
        insert into rate_pool (pool, at, limits, told, heard, deficit, burst, burst_cap, burst_grown_at, others,
          typical, starts)
        values ('sonnet-5-5', now() + interval '5 minutes', '{60,30000,null}', '{60,30000,null}', true, '{0,400,0}',
          '{10,2500,null}', '{null,null,null}', now(), '{0,0,0}', '{1,100,50}', 2)
        """);
  }

  private static void drawn(String column, String value) {
    api.execute("update rate_pool set " + column + " = " + value);
  }
}
