package io.millrace.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.simulator.fault.Fault;
import io.millrace.simulator.timing.Latency;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class StreamingTest {
  private final Simulator simulator = Simulator.start();
  private final Caller caller = new Caller(simulator);

  @AfterEach
  void stop() {
    caller.close();
    simulator.close();
  }

  private static List<JsonNode> events(String body) {
    return body.lines()
        .filter(line -> line.startsWith("data: "))
        .map(line -> JsonMapper.shared().readTree(line.substring(6)))
        .toList();
  }

  private static String text(List<JsonNode> events) {
    return events.stream()
        .map(event -> event.path("delta").path("text").asString(""))
        .collect(Collectors.joining());
  }

  @Test
  void eventsComeInTheirOrderAndAddUpToTheAnswer() throws Exception {
    Caller.Answer answer = caller.message(Caller.streaming(Caller.HELLO));
    List<JsonNode> events = events(answer.body());

    assertThat(answer.header("content-type")).startsWith("text/event-stream");
    assertThat(events.stream().map(event -> event.get("type").asString()).distinct())
        .containsExactly(
            "message_start",
            "content_block_start",
            "ping",
            "content_block_delta",
            "content_block_stop",
            "message_delta",
            "message_stop");
    assertThat(
            answer
                .body()
                .lines()
                .filter(line -> line.startsWith("event: "))
                .map(line -> line.substring(7)))
        .isEqualTo(events.stream().map(event -> event.get("type").asString()).toList());
    JsonNode start = events.getFirst().get("message");
    assertThat(start.get("stop_reason").isNull()).isTrue();
    assertThat(start.get("content").isEmpty()).isTrue();
    assertThat(start.get("usage").get("input_tokens").asInt()).isPositive();
    JsonNode end = events.get(events.size() - 2);
    assertThat(end.get("delta").get("stop_reason").asString()).isEqualTo("end_turn");
    assertThat(end.get("usage").get("output_tokens").asInt()).isEqualTo(64);
    assertThat(text(events))
        .isEqualTo(caller.hello().json().get("content").get(0).get("text").asString());
  }

  @Test
  void theOutputIsSpreadOverTheLatency() throws Exception {
    simulator.latency(Latency.of(Duration.ofMillis(400)));
    long start = System.nanoTime();
    List<JsonNode> events = events(caller.message(Caller.streaming(Caller.HELLO)).body());
    assertThat(Duration.ofNanos(System.nanoTime() - start))
        .isBetween(Duration.ofMillis(390), Duration.ofSeconds(5));
    assertThat(
            events.stream()
                .filter(event -> event.get("type").asString().equals("content_block_delta")))
        .hasSize(16);
  }

  @Test
  void anErrorEventEndsAStreamThatBeganWell() throws Exception {
    Caller.Answer answer =
        caller.message(Caller.streaming(Caller.HELLO), "x-simulator-fault", "stream_error");
    List<JsonNode> events = events(answer.body());
    assertThat(answer.status()).isEqualTo(200);
    assertThat(events.getLast().get("error").get("type").asString()).isEqualTo("overloaded_error");
    assertThat(text(events)).isNotEmpty();
    assertThat(simulator.journal().getFirst().usage().outputTokens()).isEqualTo(32);
  }

  @Test
  void aStreamMayStopSilently() throws Exception {
    Caller.Answer answer =
        caller.message(Caller.streaming(Caller.HELLO), "x-simulator-fault", "stream_stop");
    assertThat(answer.body())
        .contains("content_block_delta")
        .doesNotContain("message_stop")
        .doesNotContain("error");
  }

  @Test
  void aStreamMayBeCut() {
    assertThat(caller.later(Caller.streaming(Caller.HELLO), "x-simulator-fault", "stream_cut"))
        .failsWithin(Duration.ofSeconds(10));
    assertThat(simulator.journal().getFirst().usage().outputTokens()).isEqualTo(32);
  }

  @Test
  void aStalledStreamEndsWithItsClient() throws Exception {
    try (Caller leaving = new Caller(simulator)) {
      var answer =
          leaving.later(Caller.streaming(Caller.HELLO), "x-simulator-fault", "stream_stall");
      simulator.awaitReceived(1, Duration.ofSeconds(10));
      assertThat(simulator.stats().inFlight()).isEqualTo(1);
      answer.cancel(true);
    }
    simulator.awaitIdle(Duration.ofSeconds(10));
    assertThat(simulator.journal().getFirst().fault()).isEqualTo(Fault.STREAM_STALL);
  }
}
