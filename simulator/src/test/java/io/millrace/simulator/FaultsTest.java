package io.millrace.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.simulator.fault.Fault;
import io.millrace.simulator.fault.FaultRule;
import io.millrace.simulator.journal.Outcome;
import io.millrace.simulator.journal.Received;
import java.io.IOException;
import java.net.http.HttpTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class FaultsTest {
  private final Simulator simulator = Simulator.start();
  private final Caller caller = new Caller(simulator);

  @AfterEach
  void stop() {
    caller.close();
    simulator.close();
  }

  static Stream<Fault> errors() {
    return Stream.of(Fault.values()).filter(fault -> fault.moment() == Fault.Moment.ERROR);
  }

  @ParameterizedTest
  @MethodSource("errors")
  void anErrorIsSentInsteadOfAnAnswer(Fault fault) throws Exception {
    Caller.Answer answer = caller.hello("x-simulator-fault", fault.wireName());

    assertThat(answer.status()).isEqualTo(fault.status());
    assertThat(answer.header("retry-after").isEmpty()).isEqualTo(!fault.hasRetryAfter());
    assertThat(answer.header("x-should-retry"))
        .isEqualTo(fault.shouldRetry().map(Object::toString).orElse(""));
    if (fault == Fault.TOO_LARGE_HTML) {
      assertThat(answer.body()).startsWith("<html>");
    } else {
      assertThat(answer.errorType()).isEqualTo(fault.type());
      assertThat(answer.json().path("error").path("details").path("error_code").asString(""))
          .isEqualTo(fault.code().orElse(""));
      assertThat(answer.message()).isNotEmpty().doesNotContain("%");
    }
    Received received = simulator.journal().getFirst();
    assertThat(received.outcome()).isEqualTo(Outcome.FAULTED);
    assertThat(received.fault()).isEqualTo(fault);
    assertThat(received.usage().inputTokens()).isZero();
    assertThat(caller.hello().status()).isEqualTo(200);
  }

  @ParameterizedTest
  @EnumSource(
      value = Fault.class,
      names = {"RESET", "CLOSE", "LOST_REPLY", "TRUNCATED", "STREAM_CUT"})
  void aBrokenConnectionIsAnIoError(Fault fault) {
    assertThatThrownBy(() -> caller.hello("x-simulator-fault", fault.wireName()))
        .isInstanceOf(IOException.class);
    Received received = simulator.journal().getFirst();
    assertThat(received.outcome()).isEqualTo(Outcome.FAULTED);
    // What was produced is billed, whether or not it arrived.
    assertThat(received.usage().outputTokens())
        .isEqualTo(fault.moment() == Fault.Moment.ANSWER ? 64 : 0);
  }

  @Test
  void aSilentServerRunsIntoTheClientsTimeout() throws Exception {
    var request =
        caller
            .request("/v1/messages", Caller.with("x-simulator-fault", "hang"))
            .timeout(Duration.ofMillis(200))
            .POST(java.net.http.HttpRequest.BodyPublishers.ofString(Caller.HELLO))
            .build();
    assertThatThrownBy(() -> caller.send(request)).isInstanceOf(HttpTimeoutException.class);
    assertThat(simulator.stats().received()).isEqualTo(1);
  }

  @Test
  void bodiesMayBeNonsense() throws Exception {
    assertThat(caller.hello("x-simulator-fault", "garbage").body()).contains("not JSON");
    assertThat(caller.hello("x-simulator-fault", "empty").body()).isEmpty();
    assertThat(caller.hello("x-simulator-fault", "stream_stop").body())
        .startsWith("{")
        .doesNotContain("usage\":{\"input");
    assertThat(caller.hello("x-simulator-fault", "refusal").json().get("stop_reason").asString())
        .isEqualTo("refusal");
    assertThat(caller.hello("x-simulator-fault", "stream_error").status()).isEqualTo(529);
  }

  @Test
  void aSlowReplyIsWholeInTheEnd() throws Exception {
    long start = System.nanoTime();
    assertThat(caller.hello("x-simulator-fault", "slow_drip").json().get("type").asString())
        .isEqualTo("message");
    assertThat(System.nanoTime() - start).isGreaterThan(1_500_000_000L);
  }

  @Test
  void aMarkerInThePromptStrikesOncePerJob() throws Exception {
    String body =
        Caller.ask(
            "claude-haiku-5-5",
            "Sum up [[simulator:overloaded once]][[simulator:rate_limited 2 retry-after=7]]");
    assertThat(caller.message(body, "x-millrace-job", "job_1").status()).isEqualTo(529);
    Caller.Answer limited = caller.message(body, "x-millrace-job", "job_1");
    assertThat(limited.status()).isEqualTo(429);
    assertThat(limited.header("retry-after")).isEqualTo("7");
    assertThat(caller.message(body, "x-millrace-job", "job_1").status()).isEqualTo(429);
    assertThat(caller.message(body, "x-millrace-job", "job_1").status()).isEqualTo(200);
    assertThat(caller.message(body, "x-millrace-job", "job_2").status()).isEqualTo(529);
    // Without a job the prompt itself is what is counted by.
    assertThat(caller.message(body).status()).isEqualTo(529);
    assertThat(caller.message(body).status()).isEqualTo(429);
  }

  @Test
  void aMarkerMayStrikeAShare() throws Exception {
    String body = Caller.ask("claude-haiku-5-5", "[[simulator:server_error 50%]]");
    int failed = 0;
    for (int i = 0; i < 200; i++) {
      failed += caller.message(body).status() == 500 ? 1 : 0;
    }
    assertThat(failed).isBetween(60, 140);
  }

  @Test
  void theNextCallsFailAsToldInOrder() throws Exception {
    simulator.fail(1, Fault.OVERLOADED);
    simulator.fail(FaultRule.next(1, Fault.SERVER_ERROR).forJob("job_9"));
    simulator.fail(FaultRule.next(1, Fault.CONFLICT).forModel("claude-opus-5"));
    assertThat(caller.hello().status()).isEqualTo(529);
    assertThat(caller.hello().status()).isEqualTo(200);
    assertThat(caller.hello("x-millrace-job", "job_9").status()).isEqualTo(500);
    assertThat(caller.message(Caller.ask("claude-opus-5", "Hi")).status()).isEqualTo(409);
    assertThat(simulator.faults()).isEmpty();
  }

  @Test
  void faultsAreScriptedByTheControlApi() throws Exception {
    caller.post("/simulator/faults", "{\"fault\":\"rate_limited\",\"next\":2,\"retry_after\":9}");
    assertThat(caller.hello().header("retry-after")).isEqualTo("9");
    assertThat(caller.get("/simulator/faults").json().get("active").get(0).get("next").asInt())
        .isEqualTo(1);
    caller.delete("/simulator/faults");
    assertThat(caller.hello().status()).isEqualTo(200);
    Caller.Answer unknown = caller.post("/simulator/faults", "{\"fault\":\"nonsense\"}");
    assertThat(unknown.status()).isEqualTo(400);
    assertThat(unknown.body()).contains("overloaded");
    assertThat(caller.post("/simulator/faults", "{\"fault\":\"reset\",\"nxt\":2}").body())
        .contains("nxt");
  }

  @Test
  void theDocumentationNamesEveryFault() throws Exception {
    String page = Files.readString(Path.of("..", "docs", "simulator.md"));
    for (Fault fault : Fault.values()) {
      assertThat(page)
          .contains(
              "| `"
                  + fault.wireName()
                  + "` | "
                  + (fault.moment() == Fault.Moment.ERROR ? fault.status() : "–")
                  + " | "
                  + fault.says()
                  + " |");
    }
  }
}
