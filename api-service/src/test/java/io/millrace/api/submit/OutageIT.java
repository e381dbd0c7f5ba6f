package io.millrace.api.submit;

import static io.millrace.api.RunningApi.BODY;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.RunningApi;
import io.millrace.api.RunningApi.Answer;
import io.millrace.testkit.FaultyLine;
import io.millrace.testkit.PostgresExtension;
import java.net.http.HttpRequest.BodyPublishers;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class OutageIT {

  private static final Duration BOUND = Duration.ofSeconds(7);

  @RegisterExtension final PostgresExtension postgres = PostgresExtension.durable();

  @Test
  void whileTheDatabaseIsAwayNothingIsAcceptedAndEverythingIsAnswered() {
    try (var api = RunningApi.start(postgres)) {
      Answer before = api.post(BODY);
      postgres.postgres().stop();

      assertOverloaded(timed(() -> api.post(BODY)));
      assertOverloaded(timed(() -> api.post(BODY)));
      assertOverloaded(timed(() -> batch(api)));
      assertOverloaded(timed(() -> api.get("/v1/jobs/" + before.text("id"))));
      assertThat(api.get("/actuator/health/readiness").status()).isEqualTo(503);
      assertThat(api.get("/actuator/health/liveness").status()).isEqualTo(200);

      postgres.postgres().restart();
      assertThat(api.number("select count(*) from job")).isEqualTo(1);
      assertThat(api.number("select count(*) from batch")).isZero();
      assertThat(untilAccepted(api).text("status")).isEqualTo("queued");
      assertThat(api.get("/v1/jobs/" + before.text("id")).status()).isEqualTo(200);
    }
  }

  @Test
  void aLineThatFallsSilentIsAnsweredForAndReplaced() {
    try (var line = new FaultyLine(postgres.postgres().port());
        var api =
            RunningApi.start(
                postgres,
                "spring.datasource.url="
                    + postgres.jdbcUrl().replaceFirst(":\\d+/", ":" + line.port() + "/")
                    + "?socketTimeout=2")) {
      Answer before = api.post(BODY);
      line.cut();
      Answer afterCut = untilAccepted(() -> timed(() -> api.post(BODY)));

      line.silence();
      assertOverloaded(timed(() -> api.post(BODY)));
      assertOverloaded(timed(() -> api.get("/v1/jobs/" + before.text("id"))));
      line.heal();

      assertThat(untilAccepted(() -> timed(() -> api.post(BODY))).text("status"))
          .isEqualTo("queued");
      assertThat(api.get("/v1/jobs/" + afterCut.text("id")).status()).isEqualTo(200);
    }
  }

  @Test
  void aLockedTableHoldsNobodyForLong() throws Exception {
    try (var api =
            RunningApi.start(postgres, "millrace.intake.flushers=1", "millrace.intake.queue=4");
        var blocker = api.connect();
        var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      blocker.setAutoCommit(false);
      blocker.createStatement().execute("lock table job in exclusive mode");

      var answers =
          IntStream.range(0, 20)
              .mapToObj(
                  i -> CompletableFuture.supplyAsync(() -> timed(() -> api.post(BODY)), threads))
              .toList();
      int undecided = 0;
      for (var answer : answers) {
        assertOverloaded(answer.get());
        String message = answer.get().text("error", "message");
        undecided += message.contains("may have been accepted") ? 1 : 0;
        assertThat(message).containsAnyOf("nothing was stored", "may have been accepted");
      }

      blocker.rollback();
      untilAccepted(api);
      assertThat(api.number("select count(*) from job")).isBetween(1L, 1L + undecided);
    }
  }

  private interface Request {
    Answer send();
  }

  private static Answer timed(Request request) {
    long start = System.nanoTime();
    Answer answer = request.send();
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(BOUND);
    return answer;
  }

  private static Answer untilAccepted(RunningApi api) {
    return untilAccepted(() -> api.post(BODY));
  }

  private static Answer untilAccepted(Request request) {
    Answer answer = request.send();
    for (int i = 0; i < 10 && answer.status() != 202; i++) {
      assertOverloaded(answer);
      answer = request.send();
    }
    assertThat(answer.status()).isEqualTo(202);
    return answer;
  }

  private static Answer batch(RunningApi api) {
    return api.send(
        "/v1/messages/batches",
        request ->
            request
                .header("content-type", "application/x-ndjson")
                .POST(BodyPublishers.ofString("{\"custom_id\":\"a\"," + BODY.substring(1))));
  }

  private static void assertOverloaded(Answer answer) {
    assertThat(answer.status()).isEqualTo(503);
    assertThat(answer.text("error", "type")).isEqualTo("overloaded_error");
    assertThat(answer.header("retry-after")).isEqualTo("2");
    assertThat(answer.text("request_id")).isEqualTo(answer.header("request-id"));
  }
}
