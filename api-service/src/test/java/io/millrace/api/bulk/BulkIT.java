package io.millrace.api.bulk;

import static io.millrace.api.RunningApi.PARAMS;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.RunningApi;
import io.millrace.api.RunningApi.Answer;
import io.millrace.db.batch.BatchFold;
import io.millrace.db.job.BatchItems;
import io.millrace.job.BatchId;
import io.millrace.testkit.PostgresExtension;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Batches over HTTP, with no worker but what a test does itself. */
public class BulkIT {

  /** Routes of batches, which are tested here. */
  public static final Set<String> ROUTES =
      Set.of(
          "POST /v1/messages/batches",
          "GET /v1/messages/batches",
          "GET /v1/messages/batches/{id}",
          "DELETE /v1/messages/batches/{id}",
          "POST /v1/messages/batches/{id}/cancel",
          "GET /v1/messages/batches/{id}/results");

  @RegisterExtension static final PostgresExtension postgres = PostgresExtension.shared();

  @TempDir static Path spools;

  private static final String BATCHES = "/v1/messages/batches";

  private static RunningApi api;

  @BeforeAll
  static void start() {
    api = RunningApi.start(postgres, "millrace.bulk.directory=" + spools);
  }

  @AfterAll
  static void stop() {
    api.close();
    assertThat(spools.toFile().list()).isEmpty();
  }

  @Test
  void aBatchIsShownAsTheOriginalShowsItAndItsItemsAreJobs() {
    Answer answer = create("", body(item("a"), item("b")));

    assertThat(answer.status()).isEqualTo(200);
    String id = answer.text("id");
    assertThat(BatchId.parse(id)).isPresent();
    assertThat(answer.text("type")).isEqualTo("message_batch");
    assertThat(answer.text("processing_status")).isEqualTo("in_progress");
    assertThat(answer.json().get("request_counts").toString())
        .isEqualTo("{\"processing\":2,\"succeeded\":0,\"errored\":0,\"canceled\":0,\"expired\":0}");
    assertThat(answer.json().propertyNames())
        .containsExactly(
            "id",
            "type",
            "processing_status",
            "request_counts",
            "created_at",
            "expires_at",
            "ended_at",
            "cancel_initiated_at",
            "archived_at",
            "results_url",
            "millrace");
    for (String absent : List.of("ended_at", "cancel_initiated_at", "archived_at", "results_url")) {
      assertThat(answer.json().get(absent).isNull()).isTrue();
    }
    assertThat(answer.text("millrace", "backend")).isEqualTo("auto");
    assertThat(answer.text("millrace", "lane")).isEqualTo("bulk");
    assertThat(answer.text("millrace", "cost", "amount")).isEqualTo("0.000000");

    Answer jobs = api.get("/v1/jobs?batch_id=" + id);
    assertThat(jobs.json().get("data").size()).isEqualTo(2);
    assertThat(jobs.json().get("data").get(0).get("batch_id").asString()).isEqualTo(id);
    assertThat(jobs.json().get("data").get(0).get("waiting_for").asString()).isEqualTo("batch");
    assertThat(api.get(BATCHES + "/" + id).json()).isEqualTo(answer.json());
  }

  @Test
  void paramsArriveByteForByteWhateverIsAroundThem() {
    String odd =
        "{ \"messages\" :[{\"role\":\"user\",\"content\":\"ü \\u00fc }]\\\"\"}],\n\"max_tokens\": 5 ,\"model\":\"odd-model\"}";
    Answer answer =
        create("", "{ \"requests\" : [ {\"custom_id\":\"x\", \"params\" :" + odd + " } ] }\n");

    assertThat(answer.status()).isEqualTo(200);
    assertThat(
            api.number(
                "select count(*) from request r join job j on j.id = r.job_id where j.model = 'odd-model'"
                    + " and convert_from(params, 'UTF8') = '"
                    + odd
                    + "'"))
        .isEqualTo(1);
  }

  @Test
  void linesAreItemsToo() {
    String lines = item("l-1") + "\n\n" + item("l-2") + "\r\n" + item("l-3");
    Answer answer =
        send(
            "?backend=queue&lane=standard&feature=nightly&user_id=u1&expires_in=3600",
            lines,
            "application/x-ndjson");

    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.json().get("request_counts").get("processing").asInt()).isEqualTo(3);
    assertThat(answer.text("millrace", "backend")).isEqualTo("queue");
    String where = " from job where batch_id = '" + uuid(answer) + "'";
    assertThat(
            api.number(
                "select count(*)"
                    + where
                    + " and lane = 'standard' and feature = 'nightly' and user_id = 'u1' and batch_until is null"
                    + " and parked_until is null"
                    + " and expires_at between now() + interval '59 min' and now() + interval '60 min'"))
        .isEqualTo(3);
  }

  @Test
  void termsOfTheBodyGiveWayToTheQueryAndAnItemsOwnToNeither() {
    String own =
        "{\"custom_id\":\"o\",\"params\":%s,\"millrace\":{\"user_id\":\"mine\",\"feature\":\"own\",\"metadata\":{\"k\":\"v\"},\"fallback_models\":[\"claude-haiku-5-5\"],\"max_attempts\":2,\"on_ambiguous\":\"fail\"}}"
            .formatted(PARAMS);
    Answer answer =
        create(
            "?lane=standard",
            "{\"millrace\":{\"lane\":\"interactive\",\"backend\":\"batch\",\"feature\":\"all\",\"expires_in\":7200},\"requests\":["
                + own
                + ","
                + item("p")
                + "]}");

    assertThat(answer.status()).isEqualTo(200);
    String where = " from job where batch_id = '" + uuid(answer) + "' and lane = 'standard' and ";
    assertThat(
            api.number(
                "select count(*)"
                    + where
                    + "custom_id = 'o' and user_id = 'mine' and feature = 'own' and max_attempts = 2 and not retry_ambiguous"
                    + " and fallback_models = '{claude-haiku-5-5}' and batch_until = expires_at"))
        .isEqualTo(1);
    assertThat(api.number("select count(*)" + where + "custom_id = 'p' and feature = 'all'"))
        .isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource({
    "batch, 60, 1",
    "batch, 1209600, 1",
    "queue, 86400, 0",
    "auto, 86400, 1",
    "auto, 3600, 0",
    "auto, 7200, 1"
  })
  void anItemMayGoByProviderBatchWhereTheDeadlineLeavesRoom(String backend, int seconds, int may) {
    Answer answer = create("?backend=" + backend + "&expires_in=" + seconds, body(item("a")));

    assertThat(
            api.number(
                "select count(*) from job where batch_id = '%s' and batch_until is not null and parked_until = batch_until"
                    .formatted(uuid(answer))))
        .isEqualTo(may);
  }

  @ParameterizedTest
  @ValueSource(strings = {"\"max_tokens\":0", "\"max_tokens\":5,\"speed\":\"fast\""})
  void whatProviderBatchesRefuseGoesByTheQueueWhereItMay(String fields) {
    String item =
        "{\"custom_id\":\"a\",\"params\":{\"model\":\"m\",%s,\"messages\":[{}]}}".formatted(fields);

    assertThat(untils(create("?backend=auto", body(item)))).isZero();
    assertThat(untils(create("?backend=batch", body(item)))).isEqualTo(1);
  }

  @ParameterizedTest
  @MethodSource("faults")
  void aFaultIsNamedAndNothingIsAccepted(String body, String fault) {
    long before = api.number("select count(*) from job");

    Answer answer = create("", body);

    assertThat(answer.text("error", "message")).isEqualTo(fault);
    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.text("error", "type")).isEqualTo("invalid_request_error");
    assertThat(api.number("select count(*) from job")).isEqualTo(before);
  }

  static Object[][] faults() {
    String ok = item("a");
    String params = "\"params\":" + PARAMS;
    return new Object[][] {
      {"", "body: Field required: a JSON object with requests"},
      {"[]", "body: Input should be an object"},
      {"{}", "requests: Field required"},
      {"{\"requests\":[]}", "requests: List should have at least 1 item"},
      {"{\"requests\":{}}", "requests: Input should be a valid list"},
      {"{\"requests\":[" + ok + "],\"requests\":[]}", "requests: Field appears more than once"},
      {"{\"requests\":[" + ok + "],\"more\":1}", "more: Extra inputs are not permitted"},
      {"{\"requests\":[" + ok + "]} {}", "body: There is more after the JSON object"},
      {"{\"requests\":[" + ok + ",7]}", "requests.1: Input should be an object"},
      {"{\"requests\":[{" + params + "}]}", "requests.0.custom_id: Field required"},
      {
        "{\"requests\":[" + ok + ",{\"custom_id\":\"b c\"," + params + "}]}",
        "requests.1.custom_id: String should match pattern '^[a-zA-Z0-9_-]{1,64}$'"
      },
      {
        "{\"requests\":[{\"custom_id\":\"\"," + params + "}]}",
        "requests.0.custom_id: String should match pattern '^[a-zA-Z0-9_-]{1,64}$'"
      },
      {
        "{\"requests\":[{\"custom_id\":\"" + "x".repeat(65) + "\"," + params + "}]}",
        "requests.0.custom_id: String should match pattern '^[a-zA-Z0-9_-]{1,64}$'"
      },
      {
        "{\"requests\":[{\"custom_id\":1," + params + "}]}",
        "requests.0.custom_id: Input should be a valid string"
      },
      {
        "{\"requests\":[" + ok + "," + ok + "]}",
        "requests.1.custom_id: 'a' is another item's already: it must be unique in the batch"
      },
      {"{\"requests\":[{\"custom_id\":\"a\"}]}", "requests.0.params: Field required"},
      {
        "{\"requests\":[{\"custom_id\":\"a\",\"params\":{\"model\":\"m\",\"messages\":[{}]}}]}",
        "requests.0.params.max_tokens: Field required"
      },
      {
        "{\"requests\":[{\"custom_id\":\"a\",\"params\":{\"model\":\"m\",\"max_tokens\":1,\"stream\":true,\"messages\":[{}]}}]}",
        "requests.0.params.stream: Input should be false: a job's answer is kept whole"
      },
      {
        "{\"requests\":[{\"custom_id\":\"a\"," + params + ",\"lane\":\"bulk\"}]}",
        "requests.0.lane: Extra inputs are not permitted; Millrace's own fields go into 'millrace'"
      },
      {
        "{\"requests\":[{\"custom_id\":\"a\"," + params + ",\"millrace\":{\"lane\":\"bulk\"}}]}",
        "requests.0.millrace.lane: Extra inputs are not permitted"
      },
      {
        "{\"requests\":[{\"custom_id\":\"a\"," + params + ",\"millrace\":{\"max_attempts\":0}}]}",
        "requests.0.millrace.max_attempts: Input should be greater than or equal to 1"
      },
      {
        "{\"requests\":[" + ok + ",{\"custom_id\"]}",
        "requests.1: Malformed JSON at line 1, column 143: Unexpected character (']' (code 93)): was expecting a colon to separate property name and value"
      },
      {
        "{\"millrace\":{\"backend\":\"fast\"},\"requests\":[" + ok + "]}",
        "millrace.backend: Input should be 'batch', 'queue' or 'auto'"
      },
      {
        "{\"millrace\":{\"expires_in\":59},\"requests\":[" + ok + "]}",
        "millrace.expires_in: Input should be greater than or equal to 60"
      },
      {
        "{\"requests\":[{\"custom_id\":\"a\",\"params\":{\"model\":\"m\",\"max_tokens\":1,\"messages\":["
            + "[".repeat(600)
            + "]}}]}",
        "requests.0: Input should be nested at most 500 levels deep"
      },
    };
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "%s:a + {}|line 2: requests.1.custom_id: Field required",
        "%s:a + %s:a|line 2: requests.1.custom_id: 'a' is another item's already: it must be unique in the batch",
        "%s:a +  + 7|line 3: requests.1: Input should be an object",
        "%s:a + %s:b {}|line 2: requests.1: There is more after the JSON object",
        "{\"custom_id\":}|line 1: requests.0: Malformed JSON at line 1, column 14: Unexpected character ('}' (code 125)): expected a value",
        " |requests: List should have at least 1 item"
      })
  void aBrokenLineIsNamed(String lines, String fault) {
    String body =
        lines == null
            ? ""
            : java.util.Arrays.stream(lines.split(" \\+ ", -1))
                .map(line ->
                    line.replaceFirst(
                            "^%s:(.)", java.util.regex.Matcher.quoteReplacement(item("§")))
                        .replace("§", line.length() > 3 ? line.substring(3, 4) : ""))
                .collect(Collectors.joining("\n"));

    Answer answer = send("", body, "application/x-ndjson");

    assertThat(answer.text("error", "message")).isEqualTo(fault);
    assertThat(answer.status()).isEqualTo(400);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "?backend=fast|backend: Input should be 'batch', 'queue' or 'auto'",
        "?expires_in=59|expires_in: Input should be a number of seconds from 60 to 1209600",
        "?expires_in=1209601|expires_in: Input should be a number of seconds from 60 to 1209600",
        "?lane=slow|lane: Input should be 'interactive', 'standard' or 'bulk'",
        "?lane=bulk&lane=bulk|lane: Input should be given once",
        "?retention=some|retention: Input should be 'standard' or 'none'"
      })
  void badTermsAreRefusedBeforeTheBodyIsRead(String query, String fault) {
    assertThat(create(query, body(item("a"))).text("error", "message")).isEqualTo(fault);
  }

  @Test
  void bytesThatAreNotUtf8AreRefused() {
    byte[] bytes = body(item("a")).replace("Hi", "H@").getBytes(StandardCharsets.UTF_8);
    bytes[body(item("a")).indexOf("Hi") + 1] = (byte) 0xC0;

    Answer answer =
        api.send(
            BATCHES,
            request ->
                request
                    .header("content-type", "application/json")
                    .POST(BodyPublishers.ofByteArray(bytes)));

    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.text("error", "message")).startsWith("requests.0: ");
    assertThat(send("", "\u0000{\u0000}", "application/json").status()).isEqualTo(400);
    assertThat(send("", "\uFEFF{}", "application/json").status()).isEqualTo(400);
    assertThat(send("", "{}", "text/plain").text("error", "message"))
        .isEqualTo("content-type: Input should be application/json or application/x-ndjson");
  }

  @Test
  void aHundredIdenticalPostsAtOnceMakeOneBatch() throws Exception {
    String body = body(item("once-1"), item("once-2"));
    long before = api.number("select count(*) from batch");
    List<Answer> answers = new ArrayList<>();
    try (var pool = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Callable<Answer>> posts =
          IntStream.range(0, 100)
              .<Callable<Answer>>mapToObj(i -> () -> keyed("all-at-once", body))
              .toList();
      for (Future<Answer> answer : pool.invokeAll(posts)) {
        answers.add(answer.get());
      }
    }

    assertThat(answers).allSatisfy(answer -> assertThat(answer.status()).isEqualTo(200));
    assertThat(answers.stream().map(answer -> answer.text("id")).distinct()).hasSize(1);
    assertThat(answers.stream().filter(answer -> answer.header("idempotent-replayed") == null))
        .hasSize(1);
    assertThat(api.number("select count(*) from batch")).isEqualTo(before + 1);
    assertThat(keyed("all-at-once", body(item("other"))).status()).isEqualTo(409);
  }

  @Test
  void aRefusedBatchDoesNotUseItsKeyUp() {
    assertThat(keyed("second-try", body("{}")).status()).isEqualTo(400);
    Answer stored = keyed("second-try", body(item("a")));
    assertThat(stored.status()).isEqualTo(200);
    assertThat(stored.header("idempotent-replayed")).isNull();

    end(stored, "succeeded");
    new BatchFold(postgres.database()).fold(1000);
    assertThat(api.send(BATCHES + "/" + stored.text("id"), HttpRequest.Builder::DELETE).status())
        .isEqualTo(200);
    assertThat(keyed("second-try", body(item("a"))).text("error", "message"))
        .isEqualTo("The batch of this key was deleted");
  }

  @Test
  void batchesAreListedTheNewestFirstByPage() {
    List<String> ids = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      ids.addFirst(as("rival-key", "", body(item("a"))).text("id"));
    }

    Answer first = list("rival-key", "?limit=2");
    assertThat(idsOf(first)).isEqualTo(ids.subList(0, 2));
    assertThat(first.json().get("has_more").asBoolean()).isTrue();
    assertThat(first.text("first_id")).isEqualTo(ids.get(0));
    assertThat(first.text("last_id")).isEqualTo(ids.get(1));
    assertThat(idsOf(list("rival-key", "?limit=2&after_id=" + ids.get(1))))
        .isEqualTo(ids.subList(2, 4));
    Answer end = list("rival-key", "?after_id=" + ids.get(3));
    assertThat(idsOf(end)).isEqualTo(ids.subList(4, 5));
    assertThat(end.json().get("has_more").asBoolean()).isFalse();
    Answer newer = list("rival-key", "?limit=2&before_id=" + ids.get(3));
    assertThat(idsOf(newer)).isEqualTo(ids.subList(1, 3));
    assertThat(newer.json().get("has_more").asBoolean()).isTrue();
    assertThat(list("rival-key", "?limit=0").status()).isEqualTo(400);
    assertThat(list("rival-key", "?after_id=job_1").status()).isEqualTo(400);
  }

  @Test
  void aBatchEndsWithItsLastItemAndCountsAsTheOriginalOnlyThen() {
    Answer batch = create("?backend=queue", body(item("a"), item("b"), item("c")));
    end(batch, "succeeded", "a");
    new BatchFold(postgres.database()).fold(1000);
    end(batch, "failed", "b");

    Answer half = api.get(BATCHES + "/" + batch.text("id"));
    assertThat(half.json().get("request_counts").get("processing").asInt()).isEqualTo(3);
    assertThat(half.json().get("millrace").get("counts").toString())
        .isEqualTo("{\"processing\":1,\"succeeded\":1,\"errored\":1,\"canceled\":0,\"expired\":0}");
    assertThat(half.json().get("millrace").get("items_per_second").asDouble()).isPositive();
    Answer early = api.get(BATCHES + "/" + batch.text("id") + "/results");
    assertThat(early.status()).isEqualTo(400);
    assertThat(early.text("error", "message")).contains("?partial=true");
    assertThat(lines(batch, "?partial=true")).hasSize(2);

    end(batch, "expired", "c");
    new BatchFold(postgres.database()).fold(1000);

    Answer ended = api.get(BATCHES + "/" + batch.text("id"));
    assertThat(ended.text("processing_status")).isEqualTo("ended");
    assertThat(ended.text("ended_at")).isNotNull();
    assertThat(ended.text("results_url"))
        .isEqualTo(
            "http://127.0.0.1:" + api.port() + BATCHES + "/" + batch.text("id") + "/results");
    assertThat(ended.json().get("request_counts").toString())
        .isEqualTo("{\"processing\":0,\"succeeded\":1,\"errored\":1,\"canceled\":0,\"expired\":1}");
    assertThat(lines(batch, ""))
        .satisfiesExactly(
            line ->
                assertThat(line)
                    .startsWith(
                        "{\"custom_id\":\"a\",\"result\":{\"type\":\"succeeded\",\"message\":")
                    .contains("\"millrace\":{\"job_id\":\"job_"),
            line -> assertThat(line).contains("\"type\":\"errored\",\"error\":{\"type\":\"error\""),
            line -> assertThat(line).contains("\"result\":{\"type\":\"expired\"}"));
  }

  @Test
  void resultsGoOnBehindTheLastLineAndNoneIsLost() {
    Answer batch = create("?backend=queue", body(items(1_200)));
    for (int i = 0; i < 3; i++) {
      api.execute(
          "update job set state = 'canceled', finished_at = now() where id in (select id from job where batch_id = '"
              + uuid(batch)
              + "' and state = 'queued' order by random() limit 400)");
    }
    List<String> partial = lines(batch, "?partial=true");
    assertThat(partial).hasSize(1_200);
    assertThat(cursor(partial.get(599))).doesNotEndWith("f");
    assertThat(lines(batch, "?partial=true&after=" + cursor(partial.get(599))))
        .containsAll(partial.subList(600, 1_200));

    new BatchFold(postgres.database()).fold(10_000);
    List<String> whole = lines(batch, "");
    assertThat(whole.stream().map(BulkIT::customId).collect(Collectors.toSet())).hasSize(1_200);
    assertThat(cursor(whole.get(599))).endsWith("f");
    assertThat(lines(batch, "?after=" + cursor(whole.get(599))))
        .isEqualTo(whole.subList(600, 1_200));
    assertThat(lines(batch, "?after=" + cursor(whole.getLast()))).isEmpty();
    assertThat(
            api.get(BATCHES + "/" + batch.text("id") + "/results?after=1").text("error", "message"))
        .startsWith("after: ");
  }

  @Test
  void aCancelEndsWhatIsQueuedAndLetsCallsFinish() {
    Answer batch = create("?backend=queue", body(items(800)));
    api.execute(
        "update job set state = 'running', worker_id = gen_random_uuid(), claim_no = 1 where batch_id = '"
            + uuid(batch)
            + "' and custom_id = 'i-799'");

    Answer canceled = post(batch, "/cancel");
    assertThat(canceled.status()).isEqualTo(200);
    assertThat(canceled.text("processing_status")).isEqualTo("canceling");
    assertThat(canceled.text("cancel_initiated_at")).isNotNull();
    assertThat(canceled.json().get("millrace").get("counts").get("canceled").asInt())
        .isEqualTo(500);
    assertThat(api.number("select count(*) from announcement where state = 'canceled'"))
        .isGreaterThanOrEqualTo(500);

    var items = new BatchItems(postgres.database());
    var id = BatchId.parse(batch.text("id")).orElseThrow();
    assertThat(items.canceling()).contains(id);
    assertThat(items.cancelQueued(id, 1_000)).hasSize(299);
    assertThat(items.cancelQueued(id, 1_000)).isEmpty();
    assertThat(items.markHeld(id, 1_000)).isZero();
    new BatchFold(postgres.database()).fold(10_000);
    assertThat(api.get(BATCHES + "/" + batch.text("id")).text("processing_status"))
        .isEqualTo("canceling");

    end(batch, "succeeded", "i-799");
    new BatchFold(postgres.database()).fold(10_000);
    Answer ended = post(batch, "/cancel");
    assertThat(ended.text("processing_status")).isEqualTo("ended");
    assertThat(ended.json().get("request_counts").toString())
        .isEqualTo(
            "{\"processing\":0,\"succeeded\":1,\"errored\":0,\"canceled\":799,\"expired\":0}");
    assertThat(items.canceling()).doesNotContain(id);
  }

  @Test
  void onlyABatchThatHasEndedIsDeletedAndItsJobsGoWithIt() {
    Answer batch = create("?backend=queue", body(items(700)));
    String path = BATCHES + "/" + batch.text("id");
    Answer early = api.send(path, HttpRequest.Builder::DELETE);
    assertThat(early.status()).isEqualTo(400);

    end(batch, "succeeded");
    new BatchFold(postgres.database()).fold(10_000);
    Answer deleted = api.send(path, HttpRequest.Builder::DELETE);
    assertThat(deleted.json().toString())
        .isEqualTo("{\"id\":\"" + batch.text("id") + "\",\"type\":\"message_batch_deleted\"}");
    assertThat(api.get(path).status()).isEqualTo(404);
    assertThat(api.get(path + "/results").status()).isEqualTo(404);
    assertThat(api.send(path, HttpRequest.Builder::DELETE).status()).isEqualTo(404);

    var items = new BatchItems(postgres.database());
    var id = BatchId.parse(batch.text("id")).orElseThrow();
    assertThat(items.deleted(100)).contains(id);
    assertThat(items.deletePortion(id, 500)).isEqualTo(500);
    assertThat(items.deletePortion(id, 500)).isEqualTo(200);
    assertThat(items.deletePortion(id, 500)).isZero();
    assertThat(items.deleted(100)).doesNotContain(id);
    assertThat(api.number("select count(*) from job where batch_id = '" + uuid(batch) + "'"))
        .isZero();
    assertThat(api.number("select count(*) from batch where id = '" + uuid(batch) + "'")).isZero();
  }

  @Test
  void nobodyElseSeesOrTouchesABatch() {
    Answer batch = create("?backend=queue", body(item("hush")));
    String nobodys = "msgbatch_00000000000000000000000000";
    for (boolean over : List.of(false, true)) {
      if (over) {
        end(batch, "succeeded");
        new BatchFold(postgres.database()).fold(1_000);
      }
      for (String route : ROUTES) {
        String[] parts = route.split(" ", -1);
        if (!parts[1].contains("{id}")) {
          continue;
        }
        for (String key : List.of("rival-key", "staff-key")) {
          Answer theirs = ask(key, parts, batch.text("id"));
          Answer absent = ask(key, parts, nobodys);
          assertThat(theirs.status()).as(route).isEqualTo(404);
          assertThat(theirs.text("error", "message")).isEqualTo(absent.text("error", "message"));
        }
        assertThat(ask("acme-key", parts, "batch_1").status()).isEqualTo(404);
      }
      for (String key : List.of("rival-key", "staff-key")) {
        Answer list = list(key, "?limit=1000&before_id=" + nobodys);
        assertThat(idsOf(list)).doesNotContain(batch.text("id"));
        assertThat(
                api.sendAs(key, "/v1/jobs?batch_id=" + batch.text("id"), request -> request)
                    .json()
                    .get("data")
                    .size())
            .isZero();
      }
      assertThat(idsOf(list("acme-key", "?limit=1000"))).contains(batch.text("id"));
      assertThat(api.get(BATCHES + "/" + batch.text("id")).text("cancel_initiated_at")).isNull();
    }
    assertThat(api.sendAnonymously(BATCHES, request -> request).status()).isEqualTo(401);
    assertThat(keyedAs("staff-key", "tenants-own").text("id"))
        .isNotEqualTo(keyedAs("acme-key", "tenants-own").text("id"));
  }

  @Test
  void whatIsKeptForNobodyGoesOnceItWasHandedOver() {
    Answer batch = create("?backend=queue&retention=none", body(item("a"), item("b")));
    end(batch, "canceled");
    new BatchFold(postgres.database()).fold(1_000);

    String handedOver =
        "select count(*) from job where batch_id = '%s' and retention_none and handed_over_at is not null"
            .formatted(uuid(batch));
    assertThat(api.number(handedOver)).isZero();
    assertThat(lines(batch, "")).hasSize(2);
    assertThat(api.number(handedOver)).isEqualTo(2);
  }

  @Test
  void whatABatchMayHaveIsBounded() {
    try (var small =
        RunningApi.start(postgres, "millrace.bulk.max-items=2", "millrace.bulk.max-bytes=2000B")) {
      UnaryOperator<HttpRequest.Builder> three =
          request ->
              request
                  .header("content-type", "application/json")
                  .POST(BodyPublishers.ofString(body(items(3))));
      assertThat(small.send(BATCHES, three).text("error", "message"))
          .isEqualTo("requests: List should have at most 2 items");
      Answer large =
          small.send(
              BATCHES,
              request ->
                  request
                      .header("content-type", "application/x-ndjson")
                      .POST(BodyPublishers.ofString("\n".repeat(2001))));
      assertThat(large.status()).isEqualTo(413);
      assertThat(large.text("error", "type")).isEqualTo("request_too_large");
    }
  }

  private static void end(Answer batch, String state, String... customIds) {
    String which =
        customIds.length == 0 ? "" : " and custom_id in ('" + String.join("','", customIds) + "')";
    api.execute(
        "update job set state = '%s', worker_id = null, parked_until = null, finished_at = now(), failure_code = %s where batch_id = '%s'%s"
            .formatted(
                state, state.equals("failed") ? "'internal_error'" : "null", uuid(batch), which));
  }

  private static long untils(Answer batch) {
    return api.number(
        "select count(*) from job where batch_id = '%s' and batch_until is not null"
            .formatted(uuid(batch)));
  }

  private static String customId(String line) {
    return line.substring(14, line.indexOf('"', 14));
  }

  private static String cursor(String line) {
    int start = line.indexOf("\"cursor\":\"") + 10;
    return line.substring(start, line.indexOf('"', start));
  }

  private static List<String> lines(Answer batch, String query) {
    Answer answer = api.get(BATCHES + "/" + batch.text("id") + "/results" + query);
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.header("content-type")).isEqualTo("application/x-jsonl");
    return new String(answer.response().body(), StandardCharsets.UTF_8).lines().toList();
  }

  private static String uuid(Answer batch) {
    assertThat(batch.status()).isEqualTo(200);
    return BatchId.parse(batch.text("id")).orElseThrow().uuid().toString();
  }

  private static List<String> idsOf(Answer list) {
    return list.json().get("data").valueStream().map(one -> one.get("id").asString()).toList();
  }

  private static Answer list(String key, String query) {
    return api.sendAs(key, BATCHES + query, request -> request);
  }

  private static Answer post(Answer batch, String verb) {
    return api.send(
        BATCHES + "/" + batch.text("id") + verb, request -> request.POST(BodyPublishers.noBody()));
  }

  private static Answer keyed(String key, String body) {
    return api.send(
        BATCHES,
        request ->
            request
                .header("content-type", "application/json")
                .header("idempotency-key", key)
                .POST(BodyPublishers.ofString(body)));
  }

  private static Answer keyedAs(String tenant, String key) {
    return api.sendAs(
        tenant,
        BATCHES,
        request ->
            request
                .header("content-type", "application/json")
                .header("idempotency-key", key)
                .POST(BodyPublishers.ofString(body(item("a")))));
  }

  private static Answer ask(String key, String[] route, String id) {
    return api.sendAs(
        key,
        route[1].replace("{id}", id),
        request -> request.method(route[0], BodyPublishers.noBody()));
  }

  private static Answer create(String query, String body) {
    return send(query, body, "application/json");
  }

  private static Answer send(String query, String body, String type) {
    return api.send(
        BATCHES + query,
        request -> request.header("content-type", type).POST(BodyPublishers.ofString(body)));
  }

  private static Answer as(String key, String query, String body) {
    return api.sendAs(
        key,
        BATCHES + query,
        request ->
            request.header("content-type", "application/json").POST(BodyPublishers.ofString(body)));
  }

  private static String[] items(int number) {
    return IntStream.range(0, number).mapToObj(i -> item("i-" + i)).toArray(String[]::new);
  }

  private static String body(String... items) {
    return "{\"requests\":[" + String.join(",", items) + "]}";
  }

  private static String item(String customId) {
    return "{\"custom_id\":\"" + customId + "\",\"params\":" + PARAMS + "}";
  }
}
