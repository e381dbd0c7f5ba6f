package io.millrace.api.inspect;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.RunningApi;
import io.millrace.api.RunningApi.Answer;
import io.millrace.job.JobId;
import io.millrace.testkit.PostgresExtension;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class ListIT {

  @RegisterExtension static final PostgresExtension postgres = PostgresExtension.shared();

  private static final JsonMapper JSON = new JsonMapper();
  private static final String FAR = "2026-01-01T00:00:00Z";

  private static final AtomicInteger INSERTED = new AtomicInteger();

  private static RunningApi api;

  @BeforeAll
  static void start() {
    api =
        RunningApi.start(
            postgres, "millrace.encryption.keys=k1:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=");
  }

  @AfterAll
  static void stop() {
    api.close();
  }

  @BeforeEach
  void empty() {
    api.execute("truncate job, request, result, attempt, cost");
  }

  @Test
  void pagesGoFromTheNewestToTheOldestAndBack() {
    jobs(7, "acme", "queued");
    List<String> newestFirst = idsOf("acme").reversed();

    Answer first = api.get("/v1/jobs?limit=3");
    assertThat(ids(first)).isEqualTo(newestFirst.subList(0, 3));
    assertThat(first.text("has_more")).isEqualTo("true");
    assertThat(first.text("first_id")).isEqualTo(newestFirst.get(0));
    assertThat(first.text("last_id")).isEqualTo(newestFirst.get(2));

    Answer second = api.get("/v1/jobs?limit=4&after_id=" + first.text("last_id"));
    assertThat(ids(second)).isEqualTo(newestFirst.subList(3, 7));
    assertThat(second.text("has_more")).isEqualTo("false");

    Answer back = api.get("/v1/jobs?limit=2&before_id=" + newestFirst.get(4));
    assertThat(ids(back)).isEqualTo(newestFirst.subList(2, 4));
    assertThat(back.text("has_more")).isEqualTo("true");
    Answer top = api.get("/v1/jobs?limit=5&before_id=" + back.text("first_id"));
    assertThat(ids(top)).isEqualTo(newestFirst.subList(0, 2));
    assertThat(top.text("has_more")).isEqualTo("false");
  }

  @Test
  void anEmptyListSaysSo() {
    assertThat(new String(api.get("/v1/jobs").response().body(), UTF_8))
        .isEqualTo("{\"data\":[],\"has_more\":false,\"first_id\":null,\"last_id\":null}");
  }

  @Test
  void anItemIsTheJobWithoutItsResultUnlessThatIsIncluded() {
    jobs(1, "acme", "succeeded");
    String id = idsOf("acme").getFirst();
    JsonNode whole = api.get("/v1/jobs/" + id).json();

    assertThat(api.get("/v1/jobs?include=result&beta=1").json().get("data").get(0))
        .isEqualTo(whole);
    JsonNode item = api.get("/v1/jobs").json().get("data").get(0);
    assertThat(item.has("result")).isFalse();
    assertThat(item.get("id").asString()).isEqualTo(id);
    assertThat(item.size()).isEqualTo(whole.size() - 1);
  }

  @ParameterizedTest
  @CsvSource({
    "status=queued, 1",
    "status=running, 1",
    "'status=succeeded,failed', 2",
    "status=canceled&status=expired, 2",
    "lane=bulk, 1",
    "'lane=bulk,interactive', 2",
    "custom_id=mine, 1",
    "custom_id=mine&status=failed, 0",
    "user_id=u%201, 2",
    "feature=search, 1",
    "feature=search&user_id=u%201, 0",
    "batch_id=msgbatch_0000000000000000000000005h, 1",
    "created_after=2026-01-01T00:00:00Z, 6",
    "created_after=2026-02-01T00:00:00%2B00:00, 1",
    "created_after=2026-02-01T01:00:00+01:00, 1",
    "created_before=2026-02-01T00:00:00Z, 5",
    "created_before=2026-01-01T00:00:00Z, 0",
  })
  void everyFilterFindsWhatItNames(String query, int jobs) {
    oneOfEachState();
    // The id's time is that of the acceptance, which is near that of creation.
    insert("acme", "succeeded", "timestamptz '2026-02-01T00:00:00Z'", 1);
    api.execute("delete from job where state = 'succeeded' and created_at < '2026-02-01'");
    api.execute("update job set custom_id = 'mine', user_id = 'u 1' where state = 'succeeded'");
    api.execute("update job set user_id = 'u 1', lane = 'bulk' where state = 'canceled'");
    api.execute(
        "update job set feature = 'search', lane = 'interactive', batch_id = '00000000-0000-0000-0000-0000000000b1'"
            + " where state = 'queued'");

    assertThat(ids(api.get("/v1/jobs?" + query))).hasSize(jobs);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "status=done | status: Input should be 'queued', 'running'",
        "status= | status: ",
        "status=queued,, | status: ",
        "lane=fast | lane: ",
        "custom_id=%00 | custom_id: ",
        "custom_id=a&custom_id=b | custom_id: ",
        "batch_id=00000000-0000-0000-0000-0000000000b1 | batch_id: ",
        "created_after=yesterday | created_after: ",
        "created_after=2026-01-01 | created_after: ",
        "created_before=+999999999-01-01T00:00:00Z | created_before: ",
        "limit=0 | limit: ",
        "limit=1001 | limit: ",
        "limit=x | limit: ",
        "after_id=msg_1 | after_id: ",
        "before_id=1 | before_id: ",
        "after_id=job_00000000000000000000000000&before_id=job_00000000000000000000000000 | before_id: ",
        "include=params | include: ",
      })
  void aBadValueIsRefusedByTheNameOfItsParameter(String query, String message) {
    Answer answer = api.get("/v1/jobs?" + query);

    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.text("error", "message")).startsWith(message);
  }

  @Test
  void aTenantSeesItsOwnWhateverTheCursor() throws Exception {
    jobs(3, "acme", "succeeded");
    jobs(3, "rival", "succeeded");
    String theirs = idsOf("rival").get(1);

    assertThat(ids(api.get("/v1/jobs"))).containsExactlyInAnyOrderElementsOf(idsOf("acme"));
    assertThat(ids(api.get("/v1/jobs?after_id=" + theirs)))
        .containsExactlyInAnyOrderElementsOf(idsOf("acme"));
    assertThat(ids(api.get("/v1/jobs?before_id=" + theirs))).isEmpty();
    assertThat(lines(results("", false)).stream().map(line -> line.get("id").asString()))
        .containsExactlyElementsOf(idsOf("acme"));
    Answer attempts =
        api.sendAs("acme-key", "/v1/jobs/" + theirs + "/attempts", request -> request);
    assertThat(attempts.status()).isEqualTo(404);
  }

  @Test
  void pagingMissesAndRepeatsNothingWhileJobsComeAndEnd() throws Exception {
    jobs(400, "acme", "queued");
    List<String> before = idsOf("acme");
    var over = new AtomicBoolean();
    var others =
        CompletableFuture.runAsync(() -> {
          while (!over.get()) {
            jobs(20, "acme", "queued");
            api.execute(
                "update job set state = 'succeeded', finished_at = now() where id in"
                    + " (select id from job where state = 'queued' order by random() limit 20)");
          }
        });
    List<String> seen = new ArrayList<>();
    try {
      String cursor = "";
      Answer page;
      do {
        page = api.get("/v1/jobs?limit=7" + cursor);
        seen.addAll(ids(page));
        cursor = "&after_id=" + page.text("last_id");
      } while (page.text("has_more").equals("true"));
    } finally {
      over.set(true);
      others.get();
    }
    assertThat(seen).doesNotHaveDuplicates().containsAll(before);
    assertThat(seen).isSortedAccordingTo(Comparator.reverseOrder());
  }

  @Test
  void aFilterWithoutAnIndexFindsTheNeedle() {
    jobs(5_000, "acme", "queued");
    String oldest = idsOf("acme").getFirst();
    api.execute(
        "update job set feature = 'rare', user_id = 'u1' where id = '%s'".formatted(uuid(oldest)));

    assertThat(ids(api.get("/v1/jobs?feature=rare"))).containsExactly(oldest);
    assertThat(api.get("/v1/jobs?feature=rare").text("has_more")).isEqualTo("false");
  }

  @Test
  void resultsAreLinesOfWhatEnded() throws Exception {
    oneOfEachState();

    List<JsonNode> lines = lines(results("", false));

    assertThat(lines.stream().map(line -> line.get("status").asString()))
        .containsExactly("succeeded", "failed", "canceled", "expired");
    assertThat(lines.getFirst().get("result").toString())
        .isEqualTo("{\"type\":\"succeeded\",\"message\":{\"id\":\"msg_1\",\"content\":[]}}");
    assertThat(lines.get(1).get("failure").get("code").asString()).isEqualTo("invalid_request");
    assertThat(lines.get(2).get("result").toString()).isEqualTo("{\"type\":\"canceled\"}");
    assertThat(lines.getFirst().get("cost").get("amount").asString()).isEqualTo("0.000000");
  }

  @Test
  void resultsAreResumedBehindTheLastOneAndCompressedOnRequest() throws Exception {
    jobs(1_300, "acme", "succeeded");
    List<String> ids = idsOf("acme");

    List<JsonNode> rest = lines(results("?after_id=" + ids.get(99), true));

    assertThat(rest.stream().map(line -> line.get("id").asString()))
        .containsExactlyElementsOf(ids.subList(100, ids.size()));
    assertThat(lines(results("?status=failed", false))).isEmpty();
  }

  @Test
  void whatHasNotEndedHasNoResult() {
    Answer answer = api.get("/v1/jobs/results?status=queued");

    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.text("error", "message")).startsWith("status: ");
  }

  @Test
  void aStreamThatBreaksIsNotTakenForWhole() throws Exception {
    jobs(2_000, "acme", "succeeded");
    String poisoned = uuid(idsOf("acme").get(1_500));
    // More tokens than a sum can hold; one at a time, which the sums of usage bear.
    for (int no = 1; no <= 2; no++) {
      api.execute(
          """
          insert into cost (job_id, attempt_no, entry, kind, tenant_id, lane, model, incurred_at, input_tokens,
            output_tokens, cache_read_tokens, cache_write_5m_tokens, cache_write_1h_tokens, web_searches)
          values ('%s', %d, 1, 'charged', 1, 'bulk', 'm', now(), 9223372036854775807, 0, 0, 0, 0, 0)
          """
              .formatted(poisoned, no));
    }

    String reply;
    try (var socket = ask("/v1/jobs/results")) {
      reply = new String(socket.getInputStream().readAllBytes(), UTF_8);
    }

    assertThat(reply).doesNotEndWith("0\r\n\r\n");
    assertThat(reply.lines().filter(line -> line.contains("\"job_result\"")).count())
        .isBetween(1L, 1_500L);
    assertThat(reply.strip().lines().filter(line -> line.startsWith("{")).toList().getLast())
        .startsWith("{\"type\":\"error\",\"error\":{\"type\":\"api_error\"");
  }

  @Test
  void whoGoesAwayLeavesNothingBehind() throws Exception {
    jobs(3_000, "acme", "succeeded");
    // More than fits between the two: the server is still writing when the reader goes.
    api.execute("update result set body = convert_to('\"' || repeat('x', 2000) || '\"', 'UTF8')");
    api.execute("update job set retention_none = true");
    for (int i = 0; i < 40; i++) {
      try (var socket = ask("/v1/jobs/results")) {
        assertThat(socket.getInputStream().readNBytes(100)).hasSize(100);
      }
    }
    long bound = System.nanoTime() + 10_000_000_000L;
    Answer answer;
    do {
      answer = api.get("/v1/jobs/results?status=failed");
    } while (answer.status() == 503 && System.nanoTime() < bound);
    assertThat(answer.status()).isEqualTo(200);
    assertThat(handedOver()).isZero();
  }

  @Test
  void whatIsNotKeptIsHandedOverByAResponseWithTheAnswer() throws Exception {
    jobs(3, "acme", "succeeded");
    jobs(1, "acme", "queued");
    api.execute("update job set retention_none = true");
    List<String> ids = idsOf("acme");

    assertThat(api.get("/v1/jobs/" + ids.getFirst()).text("retention")).isEqualTo("none");
    assertThat(handedOver()).isEqualTo(1);
    api.get("/v1/jobs");
    api.get("/v1/jobs/" + ids.getLast());
    api.send("/v1/jobs/" + ids.get(1), request -> request.HEAD());
    api.sendAs("rival-key", "/v1/jobs/" + ids.get(1), request -> request);
    assertThat(handedOver()).as("nobody has another answer").isEqualTo(1);
    api.get("/v1/jobs?include=result&limit=2");
    assertThat(handedOver()).isEqualTo(2);
    results("", true);
    assertThat(handedOver()).isEqualTo(3);
  }

  @Test
  void whatNeedsAKeyThatIsNotThereSaysWhich() {
    jobs(1, "acme", "succeeded");
    String id = idsOf("acme").getFirst();
    api.execute(
        "update result set body = '\\x006d7201026b39'::bytea || decode(repeat('00', 50), 'hex')");

    Answer answer = api.get("/v1/jobs/" + id);

    assertThat(answer.status()).isEqualTo(503);
    assertThat(answer.header("retry-after")).isNotNull();
    assertThat(answer.text("error", "message")).contains("'k9'").contains("nothing is lost");
    assertThat(api.get("/v1/jobs?include=result").status()).isEqualTo(503);
    assertThat(api.get("/v1/jobs").status()).isEqualTo(200);
    api.execute(
        "update result set body = '\\x006d7201026b31'::bytea || decode(repeat('00', 50), 'hex')");
    assertThat(api.get("/v1/jobs/" + id).status()).isEqualTo(500);
  }

  @Test
  void whatIsSubmittedIsStoredSealed() {
    Answer job =
        api.post(
            """
            {"params":{"model":"claude-haiku-5-5","max_tokens":1,"messages":[{"role":"user","content":"sentinel"}]},
             "metadata":{"label":"sentinel"},"retention":"none"}
            """);

    assertThat(job.text("metadata", "label")).isEqualTo("sentinel");
    assertThat(api.get("/v1/jobs/" + job.text("id")).text("metadata", "label"))
        .isEqualTo("sentinel");
    assertThat(job.text("retention")).isEqualTo("none");
    assertThat(
            api.number(
                "select count(*) from request where encode(params, 'escape') like '%sentinel%'"
                    + " or metadata::text like '%sentinel%'"))
        .isZero();
    assertThat(api.post("{\"retention\":\"week\"}").text("error", "message"))
        .startsWith("retention: ");
  }

  @Test
  void attemptsTellEverythingOfEachCall() {
    jobs(1, "acme", "succeeded");
    String id = idsOf("acme").getFirst();
    for (int no = 1; no <= 3; no++) {
      api.execute(
          """
          insert into attempt (job_id, no, series, claim_no, worker_id, model, outcome, code, message, http_status,
            provider_request_id, started_at, first_byte_at, finished_at, presumed, fenced_out, usage)
          values ('%1$s', %2$d, 1, %2$d, '00000000-0000-0000-0000-00000000000a', 'm', 'ambiguous', 'timeout', 'cut',
            529, 'req_9', '2026-01-01T00:00:00Z', '2026-01-01T00:00:01Z', '2026-01-01T00:00:02Z', true, false,
            '{"input_tokens":3}')
          """
              .formatted(uuid(id), no));
    }
    api.execute(
        """
        insert into cost (job_id, attempt_no, entry, kind, tenant_id, lane, model, incurred_at, input_tokens,
          output_tokens, cache_read_tokens, cache_write_5m_tokens, cache_write_1h_tokens, web_searches, amount)
        values ('%s', 3, 1, 'suspected', 1, 'standard', 'm', now(), 10, 20, 30, 4, 5, 0, 1.5)
        """
            .formatted(uuid(id)));

    Answer latest = api.get("/v1/jobs/" + id + "/attempts?limit=2");

    assertThat(latest.text("has_more")).isEqualTo("true");
    assertThat(latest.json().get("data").get(0).toString())
        .isEqualTo(
            "{\"id\":\"attempt_3\",\"type\":\"attempt\",\"job_id\":\"%s\",\"number\":3,\"series\":1,"
                    .formatted(id)
                + "\"outcome\":\"ambiguous\",\"code\":\"timeout\",\"message\":\"cut\",\"http_status\":529,"
                + "\"provider_request_id\":\"req_9\",\"model\":\"m\","
                + "\"worker\":\"00000000-0000-0000-0000-00000000000a\",\"provider_batch_id\":null,"
                + "\"started_at\":\"2026-01-01T00:00:00Z\",\"first_byte_at\":\"2026-01-01T00:00:01Z\","
                + "\"finished_at\":\"2026-01-01T00:00:02Z\",\"presumed\":true,\"fenced_out\":false,"
                + "\"usage\":{\"input_tokens\":3},"
                + "\"cost\":{\"currency\":\"USD\",\"amount\":\"0.000000\",\"suspected\":\"1.500000\"}}");
    Answer older = api.get("/v1/jobs/" + id + "/attempts?after_id=" + latest.text("last_id"));
    assertThat(ids(older)).containsExactly("attempt_1");
    assertThat(older.text("has_more")).isEqualTo("false");
    Answer newer = api.get("/v1/jobs/" + id + "/attempts?limit=1&before_id=attempt_1");
    assertThat(ids(newer)).containsExactly("attempt_2");
    assertThat(newer.text("has_more")).isEqualTo("true");
    assertThat(api.get("/v1/jobs/" + id + "/attempts?after_id=3").status()).isEqualTo(400);
    assertThat(api.get("/v1/jobs/job_00000000000000000000000000/attempts").status()).isEqualTo(404);
  }

  private static long handedOver() {
    return api.number("select count(*) from job where handed_over_at is not null");
  }

  private static void oneOfEachState() {
    for (String state :
        List.of("queued", "running", "succeeded", "failed", "canceled", "expired")) {
      insert("acme", state, "timestamptz '" + FAR + "'", 1);
    }
    api.execute(
        "insert into result select id, 1, 'succeeded', convert_to(E'{\"id\":\"msg_1\",\\n\"content\":[]}', 'UTF8')"
            + " from job where state = 'succeeded'");
  }

  /** Jobs that ended have results. */
  private static void jobs(int count, String tenant, String state) {
    insert(tenant, state, "now()", count);
    api.execute(
        "insert into result select id, 1, 'succeeded', convert_to('{}', 'UTF8') from job"
            + " where state = 'succeeded' on conflict do nothing");
  }

  private static void insert(String tenant, String state, String createdAt, int count) {
    int from = INSERTED.getAndAdd(count);
    api.execute(
        """
        insert into job (id, tenant_id, state, lane, pool, model, created_at, due_at, expires_at, expires_defaulted,
          max_attempts, timeout_seconds, retry_ambiguous, params_bytes, estimated_input, max_output, worker_id,
          finished_at, failure_code)
        select (substr(id_floor(%1$s)::text, 1, 24) || lpad(to_hex(n), 12, '0'))::uuid, t.id, '%2$s', 'standard', 'p',
          'm', %1$s, now(), now(), true, 6, 600, true, 2, 1, 1,
          case when '%2$s' = 'running' then gen_random_uuid() end,
          case when '%2$s' not in ('queued', 'running') then now() end,
          case when '%2$s' = 'failed' then 'invalid_request' end
        from generate_series(%3$d, %4$d) n, tenant t where t.name = '%5$s'
        """
            .formatted(createdAt, state, from, from + count - 1, tenant));
  }

  /** The oldest first. */
  private static List<String> idsOf(String tenant) {
    List<String> ids = new ArrayList<>();
    try (var connection = api.connect();
        var statement = connection.createStatement();
        var rows =
            statement.executeQuery(
                "select j.id from job j join tenant t on t.id = tenant_id where t.name = '%s' order by 1"
                    .formatted(tenant))) {
      while (rows.next()) {
        ids.add(new JobId(rows.getObject(1, UUID.class)).toString());
      }
    } catch (SQLException failure) {
      throw new IllegalStateException(failure);
    }
    return ids;
  }

  private static String uuid(String id) {
    return JobId.parse(id).orElseThrow().uuid().toString();
  }

  private static List<String> ids(Answer page) {
    return page.json().get("data").valueStream().map(item -> item.get("id").asString()).toList();
  }

  private static byte[] results(String query, boolean compressed) throws Exception {
    try (var client = HttpClient.newHttpClient()) {
      var request =
          HttpRequest.newBuilder(
                  URI.create("http://127.0.0.1:" + api.port() + "/v1/jobs/results" + query))
              .header("x-api-key", "acme-key");
      if (compressed) {
        request.header("accept-encoding", "br;q=1, gzip;q=0.8");
      }
      var response = client.send(request.build(), BodyHandlers.ofByteArray());
      assertThat(response.statusCode()).isEqualTo(200);
      assertThat(response.headers().firstValue("content-type")).hasValue("application/x-jsonl");
      return compressed
          ? new GZIPInputStream(new ByteArrayInputStream(response.body())).readAllBytes()
          : response.body();
    }
  }

  private static List<JsonNode> lines(byte[] body) {
    return new String(body, UTF_8).lines().map(line -> JSON.readTree(line)).toList();
  }

  private static Socket ask(String path) throws IOException {
    var socket = new Socket(InetAddress.getLoopbackAddress(), api.port());
    socket.setSoTimeout(30_000);
    socket
        .getOutputStream()
        .write(
            "GET %s HTTP/1.1\r\nhost: localhost\r\nx-api-key: acme-key\r\nconnection: close\r\n\r\n"
                .formatted(path)
                .getBytes(UTF_8));
    return socket;
  }
}
