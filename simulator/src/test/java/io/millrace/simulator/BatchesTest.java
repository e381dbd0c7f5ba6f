package io.millrace.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.simulator.batch.BatchItem;
import io.millrace.simulator.batch.BatchSettings;
import io.millrace.simulator.batch.ItemOutcome;
import io.millrace.simulator.limit.BatchLimits;
import io.millrace.simulator.limit.Limits;
import io.millrace.simulator.limit.PoolLimits;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class BatchesTest {
  static final String BATCHES = "/v1/messages/batches";
  private static final Duration HOUR = Duration.ofHours(1);

  private final MovedClock clock = new MovedClock();
  private final Simulator simulator =
      Simulator.start(
          SimulatorSettings.defaults()
              .withClock(clock)
              .withBatches(BatchSettings.defaults().withTime(HOUR)));
  private final Caller caller = new Caller(simulator);

  @AfterEach
  void stop() {
    caller.close();
    simulator.close();
  }

  static String batchOf(int items) {
    return batch(IntStream.range(0, items).mapToObj(i -> item("c-" + i, Caller.HELLO)));
  }

  static String item(String customId, String params) {
    return "{\"custom_id\":\"" + customId + "\",\"params\":" + params + "}";
  }

  static String batch(Stream<String> items) {
    return items.collect(Collectors.joining(",", "{\"requests\":[", "]}"));
  }

  private String create(String body) throws IOException, InterruptedException {
    Caller.Answer created = caller.post(BATCHES, body);
    assertThat(created.status()).as(created.body()).isEqualTo(200);
    return created.json().get("id").asString();
  }

  private JsonNode retrieve(String id) throws IOException, InterruptedException {
    return caller.get(BATCHES + "/" + id).json();
  }

  private Map<String, JsonNode> results(String id) throws IOException, InterruptedException {
    Map<String, JsonNode> results = new TreeMap<>();
    caller
        .get(BATCHES + "/" + id + "/results")
        .body()
        .lines()
        .map(line -> JsonMapper.shared().readTree(line))
        .forEach(line -> results.put(line.get("custom_id").asString(), line.get("result")));
    return results;
  }

  private static Map<String, Integer> counts(JsonNode batch) {
    Map<String, Integer> counts = new TreeMap<>();
    for (Map.Entry<String, JsonNode> each : batch.get("request_counts").properties()) {
      if (each.getValue().asInt() > 0) {
        counts.put(each.getKey(), each.getValue().asInt());
      }
    }
    return counts;
  }

  @Test
  void nothingIsToldUntilTheWholeBatchHasEnded() throws Exception {
    JsonNode created = caller.post(BATCHES, batchOf(10)).json();
    assertThat(created.get("id").asString()).startsWith("msgbatch_");
    assertThat(created.get("type").asString()).isEqualTo("message_batch");
    assertThat(created.get("processing_status").asString()).isEqualTo("in_progress");
    assertThat(created.get("expires_at").asString()).isEqualTo("2026-11-21T12:00:00Z");
    for (String empty : List.of("ended_at", "cancel_initiated_at", "archived_at", "results_url")) {
      assertThat(created.get(empty).isNull()).as(empty).isTrue();
    }
    String id = created.get("id").asString();
    clock.move(HOUR.minusSeconds(1));
    assertThat(retrieve(id)).isEqualTo(created);
    assertThat(simulator.batches().getFirst().items()).containsEntry(ItemOutcome.SUCCEEDED, 9);
    assertThat(caller.get(BATCHES + "/" + id + "/results").status()).isEqualTo(400);
    assertThat(caller.delete(BATCHES + "/" + id).status()).isEqualTo(400);

    clock.move(HOUR);
    JsonNode ended = retrieve(id);
    assertThat(ended.get("processing_status").asString()).isEqualTo("ended");
    assertThat(counts(ended)).isEqualTo(Map.of("succeeded", 10));
    assertThat(ended.get("ended_at").asString()).isEqualTo("2026-11-20T13:00:00Z");
    assertThat(ended.get("results_url").asString())
        .isEqualTo(simulator.baseUri() + BATCHES + "/" + id + "/results");
  }

  @Test
  void resultsComeInAnOrderOfTheirOwnAndCarryWhatAMessageDoes() throws Exception {
    simulator.batches(BatchSettings.defaults());
    String id = create(batchOf(100));
    List<String> order =
        caller
            .get(BATCHES + "/" + id + "/results")
            .body()
            .lines()
            .map(line -> JsonMapper.shared().readTree(line).get("custom_id").asString())
            .toList();
    List<String> sent = IntStream.range(0, 100).mapToObj(i -> "c-" + i).toList();
    assertThat(order).containsExactlyInAnyOrderElementsOf(sent).isNotEqualTo(sent);

    JsonNode result = results(id).get("c-7");
    assertThat(result.get("type").asString()).isEqualTo("succeeded");
    JsonNode single = caller.hello().json();
    JsonNode message = result.get("message");
    assertThat(message.propertyNames()).containsExactlyElementsOf(single.propertyNames());
    assertThat(message.get("content")).isEqualTo(single.get("content"));
    assertThat(message.at("/usage/input_tokens")).isEqualTo(single.at("/usage/input_tokens"));
    assertThat(message.at("/usage/service_tier").asString()).isEqualTo("batch");
    assertThat(simulator.stats().pools())
        .extractingByKey("haiku-5-5")
        .extracting("requests")
        .as("a batch draws on no pool of a model")
        .isEqualTo(1L);
  }

  @Test
  void whatIsWrongWithParamsIsToldByTheItemAtTheEnd() throws Exception {
    simulator.batches(BatchSettings.defaults());
    String hello = Caller.HELLO;
    String id =
        create(
            batch(
                Stream.of(
                    item("good", hello),
                    item("empty", "{}"),
                    item("model", hello.replace("claude-haiku-5-5", "claude-nothing")),
                    item("stream", Caller.streaming(hello)),
                    item("speed", hello.replace("{\"model\"", "{\"speed\":\"fast\",\"model\"")),
                    item("store", hello.replace("{\"model\"", "{\"store\":true,\"model\"")),
                    item("prewarm", hello.replace("1024", "0")),
                    item("sampling", hello.replace("{\"model\"", "{\"top_k\":3,\"model\"")),
                    item("later", Caller.ask("claude-haiku-5-5", "[[simulator:overloaded]]")))));
    Map<String, JsonNode> results = results(id);
    JsonNode error = results.get("empty").get("error");
    assertThat(error.get("type").asString()).isEqualTo("error");
    assertThat(error.get("request_id").asString()).startsWith("req_");
    assertThat(error.at("/error/message").asString()).isEqualTo("model: Field required");
    for (String invalid : List.of("empty", "stream", "speed", "store", "prewarm", "sampling")) {
      assertThat(results.get(invalid).at("/error/error/type").asString())
          .as(invalid)
          .isEqualTo("invalid_request_error");
    }
    assertThat(results.get("model").at("/error/error/type").asString())
        .isEqualTo("not_found_error");
    assertThat(results.get("later").at("/error/error/type").asString())
        .isEqualTo("overloaded_error");
    assertThat(results.get("good").get("type").asString()).isEqualTo("succeeded");
    assertThat(counts(retrieve(id))).isEqualTo(Map.of("succeeded", 1, "errored", 8));
    assertThat(simulator.batches().getFirst().billed().outputTokens()).isEqualTo(64);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {"requests":[{"custom_id":"a b","params":{}}]} | requests.0.custom_id: String should match pattern '^[a-zA-Z0-9_-]{1,64}$'
          {"requests":[{"custom_id":"a","params":{}},{"custom_id":"a","params":{}}]} | requests.1.custom_id: 'a' occurs more than once
          {"requests":[{"params":{}}]} | requests.0.custom_id: Field required
          {"requests":[{"custom_id":"a"}]} | requests.0.params: Field required
          {"requests":[{"custom_id":"a","params":"x"}]} | requests.0.params: Input should be a valid dictionary
          {"requests":[]} | requests: List should have at least 1 item after validation, not 0
          {"requests":[1]} | requests.0: Input should be a valid dictionary
          {"requests":{}} | requests: Input should be a valid list
          {} | requests: Field required
          {"betas":[],"requests":[]} | betas: Extra inputs are not permitted
          {"requests":[{"custom_id":"a","params":{} | The request body is not valid JSON
          """)
  void aBrokenBodyFailsTheWholeCreate(String body, String message) throws Exception {
    Caller.Answer answer = caller.post(BATCHES, body);
    assertThat(answer.status()).as(body).isEqualTo(400);
    assertThat(answer.errorType()).isEqualTo("invalid_request_error");
    assertThat(answer.message()).contains(message);
    assertThat(simulator.batches()).isEmpty();
  }

  @Test
  void aCanceledBatchStillFinishesWhatIsInFlight() throws Exception {
    simulator.batches(BatchSettings.defaults().withTime(HOUR).withInFlight(3));
    String id = create(batchOf(10));
    clock.move(HOUR.dividedBy(2));
    JsonNode canceling = caller.post(BATCHES + "/" + id + "/cancel", "").json();
    assertThat(canceling.get("processing_status").asString()).isEqualTo("canceling");
    assertThat(canceling.get("cancel_initiated_at").asString()).isEqualTo("2026-11-20T12:30:00Z");
    assertThat(counts(canceling)).isEqualTo(Map.of("processing", 10));
    assertThat(caller.post(BATCHES + "/" + id + "/cancel", "").json()).isEqualTo(canceling);
    clock.move(Duration.ofSeconds(1));
    JsonNode ended = retrieve(id);
    assertThat(counts(ended)).isEqualTo(Map.of("succeeded", 8, "canceled", 2));
    assertThat(results(id).values().stream().map(r -> r.get("type").asString()))
        .contains("canceled");
    assertThat(caller.post(BATCHES + "/" + id + "/cancel", "").status()).isEqualTo(400);
  }

  @Test
  void whatIsNotDoneInADayExpires() throws Exception {
    simulator.batches(BatchSettings.defaults().withTime(Duration.ofDays(2)));
    String id = create(batchOf(10));
    clock.move(Duration.ofDays(1));
    JsonNode ended = retrieve(id);
    assertThat(counts(ended)).isEqualTo(Map.of("succeeded", 5, "expired", 5));
    assertThat(ended.get("ended_at")).isEqualTo(ended.get("expires_at"));
    clock.move(Duration.ofDays(28));
    JsonNode archived = retrieve(id);
    assertThat(archived.get("archived_at").asString()).isEqualTo("2026-12-19T12:00:00Z");
    assertThat(caller.get(BATCHES + "/" + id + "/results").status()).isEqualTo(404);
    assertThat(counts(archived)).isEqualTo(counts(ended));
  }

  @Test
  void timeCanBeCompressed() throws Exception {
    simulator.batches(BatchSettings.defaults().withTime(HOUR).withFactor(3600));
    String id = create(batchOf(2));
    assertThat(retrieve(id).get("expires_at").asString()).isEqualTo("2026-11-20T12:00:24Z");
    clock.move(Duration.ofSeconds(1));
    assertThat(counts(retrieve(id))).isEqualTo(Map.of("succeeded", 2));
  }

  @Test
  void theListIsPagedFromTheNewestOn() throws Exception {
    List<String> ids = new ArrayList<>();
    for (int i = 0; i < 25; i++) {
      ids.addFirst(create(batchOf(1)));
    }
    JsonNode first = caller.get(BATCHES).json();
    assertThat(idsOf(first)).isEqualTo(ids.subList(0, 20));
    assertThat(first.get("has_more").asBoolean()).isTrue();
    assertThat(first.get("first_id").asString()).isEqualTo(ids.getFirst());
    String last = first.get("last_id").asString();
    JsonNode second = caller.get(BATCHES + "?limit=1000&after_id=" + last).json();
    assertThat(idsOf(second)).isEqualTo(ids.subList(20, 25));
    assertThat(second.get("has_more").asBoolean()).isFalse();
    JsonNode before = caller.get(BATCHES + "?limit=2&before_id=" + ids.get(10)).json();
    assertThat(idsOf(before)).isEqualTo(ids.subList(8, 10));
    assertThat(caller.get(BATCHES + "?limit=1001").status()).isEqualTo(400);
    assertThat(caller.get(BATCHES + "?limit=0").status()).isEqualTo(400);
    assertThat(caller.get(BATCHES + "?after_id=msgbatch_x").status()).isEqualTo(400);
  }

  private static List<String> idsOf(JsonNode list) {
    return list.get("data").valueStream().map(each -> each.get("id").asString()).toList();
  }

  @Test
  void aDeletedBatchIsGoneButStaysOnTheRecord() throws Exception {
    simulator.batches(BatchSettings.defaults());
    String id = create(batchOf(3));
    JsonNode deleted = caller.delete(BATCHES + "/" + id).json();
    assertThat(deleted.toString())
        .isEqualTo("{\"id\":\"" + id + "\",\"type\":\"message_batch_deleted\"}");
    assertThat(caller.get(BATCHES + "/" + id).errorType()).isEqualTo("not_found_error");
    assertThat(idsOf(caller.get(BATCHES).json())).isEmpty();
    assertThat(simulator.batches().getFirst().deleted()).isTrue();
    assertThat(simulator.batchItems(id)).hasSize(3);
    simulator.reset();
    assertThat(simulator.batches()).isEmpty();
  }

  @Test
  void whatWasBilledIsKnownForEachItemAndSoIsWhatWasDoneTwice() throws Exception {
    simulator.batches(BatchSettings.defaults());
    String id = create(batchOf(3));
    create(batchOf(2));
    Map<String, JsonNode> results = results(id);
    for (BatchItem item : simulator.batchItems(id)) {
      JsonNode message = results.get(item.customId()).get("message");
      assertThat(item.messageId()).isEqualTo(message.get("id").asString());
      assertThat(item.usage().inputTokens()).isEqualTo(message.at("/usage/input_tokens").asLong());
      assertThat(item.usage().outputTokens())
          .isEqualTo(message.at("/usage/output_tokens").asLong());
    }
    JsonNode states = caller.get("/simulator/batches").json();
    assertThat(states.get("succeeded").asInt()).isEqualTo(5);
    assertThat(states.get("succeeded_more_than_once").asInt()).isEqualTo(2);
    List<String> twice =
        caller.get("/simulator/batches/items?custom_id=c-1").body().lines().toList();
    assertThat(new HashSet<>(twice)).hasSize(2);
    assertThat(twice.getFirst()).contains("\"batch_id\":\"" + id).contains("\"output_tokens\":64");
    assertThat(simulator.stats().byPath()).containsEntry("POST /v1/messages/batches", 2L);
  }

  @Test
  void aCreateMayBeLongerThanAMessage() throws Exception {
    simulator.batches(BatchSettings.defaults());
    String text = "x".repeat(4 << 20);
    String long4 = Caller.ask("claude-haiku-5-5", text);
    String body = batch(IntStream.range(0, 9).mapToObj(i -> item("c-" + i, long4)));
    String id = create(body);
    assertThat(simulator.batches().getFirst().bytes())
        .isEqualTo(body.length())
        .isGreaterThan(32 << 20);
    assertThat(results(id).values())
        .extracting(result -> result.at("/error/error/message").asString())
        .allMatch(message -> message.startsWith("prompt is too long"));
    assertThat(caller.message(body).status()).isEqualTo(413);
  }

  @Test
  void theQueueAndTheCallsAreLimited() throws Exception {
    simulator.limits(Limits.unlimited().withBatches(new BatchLimits(PoolLimits.UNLIMITED, 15)));
    create(batchOf(10));
    Caller.Answer full = caller.post(BATCHES, batchOf(10));
    assertThat(full.status()).isEqualTo(429);
    assertThat(full.message()).contains("enqueued");
    clock.move(HOUR);
    create(batchOf(10));
    // The burst is 5 s worth of calls, at least one.
    simulator.limits(Limits.unlimited().withBatches(new BatchLimits(12, PoolLimits.UNLIMITED)));
    assertThat(caller.get(BATCHES).status()).isEqualTo(200);
    Caller.Answer fast = caller.get(BATCHES);
    assertThat(fast.status()).isEqualTo(429);
    assertThat(fast.header("retry-after")).isEqualTo("5");
    assertThat(Limits.of(Limits.Tier.START).batches()).isEqualTo(new BatchLimits(1000, 200_000));
  }
}
