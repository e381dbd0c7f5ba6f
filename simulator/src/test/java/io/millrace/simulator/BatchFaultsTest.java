package io.millrace.simulator;

import static io.millrace.simulator.BatchesTest.BATCHES;
import static io.millrace.simulator.BatchesTest.batchOf;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.simulator.batch.BatchSettings;
import io.millrace.simulator.batch.ItemOutcome;
import io.millrace.simulator.fault.BatchCall;
import io.millrace.simulator.fault.BatchFault;
import io.millrace.simulator.fault.BatchFaultRule;
import io.millrace.simulator.fault.Fault;
import io.millrace.simulator.fault.FaultRule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;

class BatchFaultsTest {
  private final MovedClock clock = new MovedClock();
  private final Simulator simulator =
      Simulator.start(SimulatorSettings.defaults().withClock(clock));
  private final Caller caller = new Caller(simulator);

  @AfterEach
  void stop() {
    caller.close();
    simulator.close();
  }

  private String create(int items) throws IOException, InterruptedException {
    return caller.post(BATCHES, batchOf(items)).json().get("id").asString();
  }

  private Map<ItemOutcome, Integer> outcomes() {
    return simulator.batches().getFirst().items();
  }

  @Test
  void aLostReplyLeavesABatchThatOnlyTheListShows() throws Exception {
    simulator.fail(FaultRule.next(1, Fault.LOST_REPLY).on(BatchCall.CREATE));
    assertThatThrownBy(() -> create(5)).isInstanceOf(IOException.class);
    JsonNode listed = caller.get(BATCHES).json().get("data");
    assertThat(listed.size()).isEqualTo(1);
    assertThat(listed.get(0).at("/request_counts/succeeded").asInt()).isEqualTo(5);
    assertThat(simulator.stats().byFault()).containsEntry("lost_reply", 1L);
    // An error sent after the effect is as ambiguous.
    simulator.fail(FaultRule.next(1, Fault.STREAM_ERROR).on(BatchCall.CREATE));
    assertThat(caller.post(BATCHES, batchOf(1)).status()).isEqualTo(529);
    assertThat(simulator.batches()).hasSize(2);
    assertThat(caller.hello().status()).isEqualTo(200);
  }

  @Test
  void aBatchMayNotBeFoundForAWhile() throws Exception {
    simulator.batches(
        BatchSettings.defaults()
            .withNotFound(Duration.ofSeconds(2))
            .withUnlisted(Duration.ofSeconds(5)));
    String id = create(1);
    assertThat(caller.get(BATCHES + "/" + id).errorType()).isEqualTo("not_found_error");
    assertThat(caller.get(BATCHES + "/" + id + "/results").status()).isEqualTo(404);
    clock.move(Duration.ofSeconds(2));
    assertThat(caller.get(BATCHES + "/" + id).status()).isEqualTo(200);
    assertThat(caller.get(BATCHES).json().get("data").isEmpty()).isTrue();
    clock.move(Duration.ofSeconds(3));
    assertThat(caller.get(BATCHES).json().get("data").size()).isEqualTo(1);

    caller.post(
        "/simulator/faults",
        "{\"fault\":\"not_found\",\"on\":[\"retrieve\",\"results\"],\"next\":2}");
    assertThat(caller.get(BATCHES + "/" + id).status()).isEqualTo(404);
    assertThat(caller.get(BATCHES).status()).isEqualTo(200);
    assertThat(caller.get(BATCHES + "/" + id + "/results").status()).isEqualTo(404);
    assertThat(caller.get(BATCHES + "/" + id + "/results").status()).isEqualTo(200);
  }

  @ParameterizedTest
  @EnumSource(BatchCall.class)
  void anyCallCanFail(BatchCall call) throws Exception {
    String id = create(1);
    simulator.fail(FaultRule.next(1, Fault.UNAVAILABLE).on(call));
    String path = call.endpoint().substring(call.endpoint().indexOf(' ') + 1).replace("{id}", id);
    Caller.Answer answer =
        switch (call) {
          case CREATE -> caller.post(path, batchOf(1));
          case CANCEL -> caller.post(path, "");
          case DELETE -> caller.delete(path);
          case LIST, RETRIEVE, RESULTS -> caller.get(path);
        };
    assertThat(answer.status()).isEqualTo(503);
    assertThat(simulator.batches()).hasSize(1);
    assertThat(simulator.batches().getFirst().deleted()).isFalse();
    assertThat(simulator.faults()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "ITEM_OVERLOADED, ERRORED",
    "ITEM_API_ERROR, ERRORED",
    "ITEM_INVALID, ERRORED",
    "ITEM_EXPIRED, EXPIRED"
  })
  void anItemCanEndOtherwise(BatchFault fault, ItemOutcome outcome) throws Exception {
    simulator.fail(3, fault);
    create(10);
    assertThat(outcomes()).containsEntry(outcome, 3).containsEntry(ItemOutcome.SUCCEEDED, 7);
  }

  @Test
  void anItemIsStruckByItsCustomId() throws Exception {
    simulator.fail(BatchFaultRule.always(BatchFault.ITEM_OVERLOADED).forItem("c-4"));
    String id = create(10);
    assertThat(simulator.batchItems(id).stream().filter(i -> i.outcome() == ItemOutcome.ERRORED))
        .singleElement()
        .extracting("customId")
        .isEqualTo("c-4");
  }

  @Test
  void batchesCanBeSlowOrStuck() throws Exception {
    simulator.batches(BatchSettings.defaults().withTime(Duration.ofMinutes(1)));
    caller.post("/simulator/faults", "{\"fault\":\"batch_slow\",\"next\":1}");
    String slow = create(1);
    simulator.fail(1, BatchFault.BATCH_STUCK);
    String stuck = create(2);
    simulator.fail(1, BatchFault.ITEM_STUCK);
    clock.move(Duration.ofMinutes(9));
    assertThat(status(slow)).isEqualTo("in_progress");
    clock.move(Duration.ofMinutes(1));
    // Its only item is the one that does not move.
    assertThat(status(slow)).isEqualTo("in_progress");
    simulator.finishBatches();
    assertThat(status(slow)).isEqualTo("ended");
    assertThat(outcomes()).containsEntry(ItemOutcome.SUCCEEDED, 1);
    assertThat(status(stuck)).isEqualTo("ended");

    simulator.fail(1, BatchFault.BATCH_STUCK);
    String expiring = create(2);
    clock.move(Duration.ofDays(1));
    assertThat(caller.get(BATCHES + "/" + expiring).json().at("/request_counts/expired").asInt())
        .isEqualTo(2);
  }

  private String status(String id) throws IOException, InterruptedException {
    return caller.get(BATCHES + "/" + id).json().get("processing_status").asString();
  }

  @Test
  void resultsCanBreakOffHalfWay() throws Exception {
    String id = create(1000);
    String path = BATCHES + "/" + id + "/results";
    simulator.fail(FaultRule.next(1, Fault.TRUNCATED).on(BatchCall.RESULTS));
    assertThatThrownBy(() -> caller.get(path)).isInstanceOf(IOException.class);
    simulator.fail(FaultRule.next(1, Fault.STREAM_STOP).on(BatchCall.RESULTS));
    assertThat(caller.get(path).body().lines()).hasSize(500);
    assertThat(caller.get(path).body().lines()).hasSize(1000);
    assertThat(simulator.stats().byOutcome().values()).containsExactlyInAnyOrder(2L, 2L);
  }

  @Test
  void theControlApiTakesAndShowsWhatBatchesMeet() throws Exception {
    JsonNode config =
        caller
            .post(
                "/simulator/config",
                "{\"batches\":{\"time\":\"uniform(1m,2m)\",\"factor\":2,\"not_found\":\"2s\"}}")
            .json()
            .get("batches");
    assertThat(config.get("time").asString()).isEqualTo("uniform(60000,120000)");
    assertThat(config.get("not_found").asInt()).isEqualTo(2000);
    assertThat(caller.post("/simulator/config", "{\"batches\":{\"tine\":\"1s\"}}").body())
        .contains("tine");
    caller.post("/simulator/faults", "{\"fault\":\"reset\",\"on\":\"batches\"}");
    JsonNode faults =
        caller
            .post(
                "/simulator/faults",
                "{\"fault\":\"item_invalid\",\"share\":0.5,\"custom_id\":\"a\"}")
            .json();
    assertThat(faults.at("/active/0/on").size()).isEqualTo(BatchCall.values().length);
    assertThat(faults.at("/active/1/custom_id").asString()).isEqualTo("a");
    assertThat(caller.post("/simulator/faults", "{\"fault\":\"reset\",\"on\":\"read\"}").body())
        .contains("retrieve");
    caller.delete("/simulator/faults");
    assertThat(create(1)).startsWith("msgbatch_");
    caller.post("/simulator/batches/finish", "");
    assertThat(outcomes()).containsEntry(ItemOutcome.SUCCEEDED, 1);
  }

  @Test
  void theDocumentationNamesEveryBatchFault() throws Exception {
    String page = Files.readString(Path.of("..", "docs", "simulator.md"));
    for (BatchFault fault : BatchFault.values()) {
      assertThat(page).contains("| `" + fault.wireName() + "` | " + fault.says() + " |");
    }
  }
}
