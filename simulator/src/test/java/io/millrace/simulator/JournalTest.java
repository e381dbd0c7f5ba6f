package io.millrace.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.simulator.fault.Fault;
import io.millrace.simulator.journal.Outcome;
import io.millrace.simulator.journal.Received;
import io.millrace.simulator.timing.Latency;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class JournalTest {
  private static final Duration SOON = Duration.ofSeconds(10);

  private final Simulator simulator = Simulator.start(SimulatorSettings.defaults().withJournal(50));
  private final Caller caller = new Caller(simulator);

  @AfterEach
  void stop() {
    caller.close();
    simulator.close();
  }

  @Test
  void eachCallLeavesALineThatSaysWhoseItWas() throws Exception {
    String body =
        Caller.HELLO.substring(0, Caller.HELLO.length() - 1)
            + ",\"metadata\":{\"user_id\":\"u_1\"}}";
    Caller.Answer answer =
        caller.message(body, "x-millrace-job", "job_1", "x-millrace-attempt", "3");
    Received received = simulator.callsOf("job_1").getFirst();
    assertThat(received.requestId()).isEqualTo(answer.header("request-id"));
    assertThat(received.model()).isEqualTo("claude-haiku-5-5");
    assertThat(received.attempt()).isEqualTo("3");
    assertThat(received.userId()).isEqualTo("u_1");
    assertThat(received.status()).isEqualTo(200);
    assertThat(received.outcome()).isEqualTo(Outcome.ANSWERED);
    assertThat(received.usage().outputTokens()).isEqualTo(64);
    JsonNode shown = caller.get("/simulator/requests?job=job_1").json().get("requests").get(0);
    assertThat(shown.get("outcome").asString()).isEqualTo("answered");
    assertThat(shown.get("usage").get("output_tokens").asInt()).isEqualTo(64);
  }

  @Test
  void onlyTheLastAreKeptButAllAreCounted() throws Exception {
    for (int i = 0; i < 60; i++) {
      caller.hello("x-millrace-job", "job_" + i);
    }
    assertThat(simulator.journal()).hasSize(50);
    assertThat(simulator.journal().getFirst().job()).isEqualTo("job_10");
    assertThat(simulator.stats().received()).isEqualTo(60);
    assertThat(simulator.stats().tokens().outputTokens()).isEqualTo(60 * 64);
  }

  @Test
  void sumsTellWhatBecameOfCalls() throws Exception {
    simulator.fail(1, Fault.OVERLOADED);
    caller.hello();
    caller.hello();
    caller.message("{}");
    JsonNode stats = caller.get("/simulator/stats").json();
    assertThat(stats.get("received").asInt()).isEqualTo(3);
    assertThat(stats.get("by_status").get("529").asInt()).isEqualTo(1);
    assertThat(stats.get("by_status").get("400").asInt()).isEqualTo(1);
    assertThat(stats.get("by_outcome").get("faulted").asInt()).isEqualTo(1);
    assertThat(stats.get("by_fault").get("overloaded").asInt()).isEqualTo(1);
    assertThat(stats.get("in_flight").asInt()).isZero();
    assertThat(stats.get("pools").get("haiku-5-5").get("requests").asInt()).isEqualTo(1);
    caller.post("/simulator/reset", "");
    assertThat(simulator.stats().received()).isZero();
    assertThat(simulator.journal()).isEmpty();
  }

  @Test
  void heldAnswersGoOutTogetherWhenReleased() throws Exception {
    simulator.hold();
    List<CompletableFuture<?>> answers = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      answers.add(caller.later(Caller.HELLO, "x-millrace-job", "job_" + i % 2));
    }
    simulator.awaitReceived(5, SOON);
    simulator.awaitCallsOf("job_1", 2, SOON);
    assertThat(simulator.stats().inFlight()).isEqualTo(5);
    assertThat(answers).noneMatch(CompletableFuture::isDone);
    simulator.release();
    assertThat(CompletableFuture.allOf(answers.toArray(CompletableFuture[]::new)))
        .succeedsWithin(SOON);
    assertThat(simulator.stats().peakInFlight()).isEqualTo(5);
    assertThatThrownBy(() -> simulator.awaitReceived(6, Duration.ofMillis(1)))
        .isInstanceOf(TimeoutException.class);
  }

  @Test
  void aClientThatLeavesIsSeenAndItsTokensUpToThenAreCounted() throws Exception {
    simulator.latency(Latency.of(Duration.ofMinutes(10)));
    try (Caller leaving = new Caller(simulator)) {
      CompletableFuture<?> answer = leaving.later(Caller.HELLO);
      simulator.awaitReceived(1, SOON);
      assertThat(answer).isNotDone();
    }
    simulator.awaitIdle(SOON);
    Received received = simulator.journal().getFirst();
    assertThat(received.outcome()).isEqualTo(Outcome.ABANDONED);
    assertThat(received.status()).isZero();
    assertThat(received.usage().outputTokens()).isLessThan(64);
  }

  @Test
  void aClosedSimulatorStillTellsWhatItSaw() throws Exception {
    caller.hello();
    simulator.close();
    assertThat(simulator.stats().received()).isEqualTo(1);
    assertThatThrownBy(caller::hello).isInstanceOf(java.io.IOException.class);
  }

  @Test
  void settingsChangeWhileRunning() throws Exception {
    Caller.Answer changed =
        caller.post(
            "/simulator/config",
            "{\"latency\":\"10ms+1ms/token\",\"output_tokens\":\"uniform(5,6)\"}");
    assertThat(changed.json().get("latency").asString()).isEqualTo("10+1/token");
    assertThat(caller.hello().usage().get("output_tokens").asInt()).isBetween(5, 6);
    assertThat(caller.post("/simulator/config", "{\"latency\":\"soon\"}").status()).isEqualTo(400);
    assertThat(caller.post("/simulator/config", "{\"latancy\":\"1s\"}").body()).contains("latancy");
    assertThat(caller.get("/simulator/nothing").status()).isEqualTo(404);
  }
}
