package io.millrace.api.control;

import static io.millrace.testkit.JobFixture.job;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.RunningApi;
import io.millrace.api.RunningApi.Answer;
import io.millrace.db.job.JobFilter;
import io.millrace.db.job.MatchingJobs;
import io.millrace.job.JobId;
import io.millrace.job.Lane;
import io.millrace.testkit.PostgresExtension;
import java.net.http.HttpRequest.BodyPublishers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ControlIT {

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
  void aQueuedJobIsCanceledAtOnceAndWhoWaitsIsTold() throws Exception {
    String id = submitted("a");
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var waiting =
          CompletableFuture.supplyAsync(() -> api.get("/v1/jobs/" + id + "?wait=60"), threads);

      Answer canceled = act("/v1/jobs/" + id + "/cancel", "");

      assertThat(canceled.status()).isEqualTo(200);
      assertThat(canceled.text("status")).isEqualTo("canceled");
      assertThat(canceled.json().get("result").toString()).isEqualTo("{\"type\":\"canceled\"}");
      assertThat(canceled.text("cancel_requested_at")).isNotNull();
      assertThat(waiting.get().text("status")).isEqualTo("canceled");
    }
    assertThat(act("/v1/jobs/" + id + "/cancel", "{}").text("status")).isEqualTo("canceled");
  }

  @Test
  void aRunningJobIsAskedToStopAndAnEndedOneStaysAsItIs() {
    String id = submitted("a");
    run(id);

    Answer asked = act("/v1/jobs/" + id + "/cancel", "");

    assertThat(asked.status()).isEqualTo(200);
    assertThat(asked.text("status")).isEqualTo("running");
    assertThat(asked.text("cancel_requested_at")).isNotNull();

    end(id, "expired");
    assertThat(act("/v1/jobs/" + id + "/cancel", "").text("status")).isEqualTo("expired");
  }

  @Test
  void aReplayedJobIsQueuedAgainUnderItsTerms() {
    String id = submitted("a");
    end(id, "expired");

    Answer replayed = act("/v1/jobs/" + id + "/replay", "{\"max_attempts\":2}");

    assertThat(replayed.status()).isEqualTo(200);
    assertThat(replayed.text("id")).isEqualTo(id);
    assertThat(replayed.text("status")).isEqualTo("queued");
    assertThat(replayed.json().get("max_attempts").asInt()).isEqualTo(2);
    assertThat(act("/v1/jobs/" + id + "/replay", "").status()).isEqualTo(409);
  }

  @Test
  void whatCannotBeReplayedSaysWhy() {
    String erased = submitted("a");
    end(erased, "canceled");
    api.execute("delete from request where job_id = '%s'".formatted(uuid(erased)));
    String running = submitted("a");
    run(running);

    assertThat(problem(act("/v1/jobs/" + erased + "/replay", ""), 409)).contains("erased");
    assertThat(problem(act("/v1/jobs/" + running + "/replay", ""), 409)).contains("running");
    String succeeded = submitted("a");
    end(succeeded, "succeeded");
    assertThat(problem(act("/v1/jobs/" + succeeded + "/replay", ""), 409)).contains("succeeded");
    String expired = submitted("a");
    end(expired, "expired");
    assertThat(
            problem(
                act("/v1/jobs/" + expired + "/replay", "{\"expires_at\":\"2020-01-01T00:00:00Z\"}"),
                400))
        .startsWith("expires_at: ");
  }

  @Test
  void aDeletedJobIsGoneAndItsKeyStaysUsed() {
    String id =
        api.post(RunningApi.BODY, request -> request.header("idempotency-key", "once")).text("id");
    assertThat(problem(delete("acme-key", id), 409)).contains("queued");
    end(id, "canceled");

    Answer deleted = delete("acme-key", id);

    assertThat(deleted.status()).isEqualTo(200);
    assertThat(deleted.json().toString())
        .isEqualTo("{\"id\":\"" + id + "\",\"type\":\"job_deleted\"}");
    assertThat(api.get("/v1/jobs/" + id).status()).isEqualTo(404);
    assertThat(delete("acme-key", id).status()).isEqualTo(404);
    assertThat(
            problem(
                api.post(RunningApi.BODY, request -> request.header("idempotency-key", "once")),
                409))
        .contains("deleted");
  }

  @Test
  void somebodyElsesJobIsNotThere() {
    String id = submitted("a");
    end(id, "failed");

    assertThat(actAs("rival-key", "/v1/jobs/" + id + "/cancel", "").status()).isEqualTo(404);
    assertThat(actAs("rival-key", "/v1/jobs/" + id + "/replay", "").status()).isEqualTo(404);
    assertThat(delete("rival-key", id).status()).isEqualTo(404);
    assertThat(actAs("rival-key", "/v1/jobs/replay", "{\"all\":true}").json().get("replayed"))
        .hasToString("0");
    assertThat(api.get("/v1/jobs/" + id).text("status")).isEqualTo("failed");
    assertThat(act("/v1/jobs/nonsense/cancel", "").status()).isEqualTo(404);
  }

  @Test
  void aFilterCancelsWhatItMatchesAndNothingElse() {
    String queued = submitted("by-filter");
    String running = submitted("by-filter");
    run(running);
    String other = submitted("another");
    String filter = "{\"feature\":\"by-filter\"";

    Answer counted = act("/v1/jobs/cancel", filter + ",\"dry_run\":true}");
    assertThat(counted.json().toString())
        .isEqualTo(
            "{\"type\":\"job_cancellation\",\"dry_run\":true,\"canceled\":1,\"requested\":1,\"has_more\":false,\"last_id\":null}");
    assertThat(api.get("/v1/jobs/" + queued).text("status")).isEqualTo("queued");

    Answer canceled = act("/v1/jobs/cancel", filter + "}");
    assertThat(canceled.json().toString())
        .isEqualTo(
            "{\"type\":\"job_cancellation\",\"dry_run\":false,\"canceled\":1,\"requested\":1,\"has_more\":false,\"last_id\":null}");
    assertThat(api.get("/v1/jobs/" + queued).text("status")).isEqualTo("canceled");
    assertThat(api.get("/v1/jobs/" + running).text("cancel_requested_at")).isNotNull();
    assertThat(api.get("/v1/jobs/" + other).text("status")).isEqualTo("queued");
    assertThat(act("/v1/jobs/cancel", filter + "}").text("canceled")).isEqualTo("0");
  }

  @Test
  void aFilterReplaysCanceledJobsOnlyWhereItSaysSo() {
    String failed = submitted("again");
    end(failed, "failed");
    String canceled = submitted("again");
    end(canceled, "canceled");
    String erased = submitted("again");
    end(erased, "expired");
    api.execute("delete from request where job_id = '%s'".formatted(uuid(erased)));

    Answer replayed = act("/v1/jobs/replay", "{\"feature\":\"again\"}");

    assertThat(replayed.text("replayed")).isEqualTo("1");
    assertThat(replayed.text("skipped")).isEqualTo("1");
    assertThat(api.get("/v1/jobs/" + failed).text("status")).isEqualTo("queued");
    assertThat(api.get("/v1/jobs/" + canceled).text("status")).isEqualTo("canceled");
    assertThat(
            act("/v1/jobs/replay", "{\"feature\":\"again\",\"status\":[\"canceled\"]}")
                .text("replayed"))
        .isEqualTo("1");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "{}", "{\"dry_run\":true}", "{\"all\":false}"})
  void nobodyMeansEverythingByAccident(String body) {
    String id = submitted("a");

    assertThat(problem(act("/v1/jobs/cancel", body), 400)).startsWith("filter: ");
    assertThat(problem(act("/v1/jobs/replay", body), 400)).startsWith("filter: ");

    assertThat(api.get("/v1/jobs/" + id).text("status")).isEqualTo("queued");
  }

  @Test
  void whatIsNotUnderstoodIsRefusedByName() {
    assertThat(problem(act("/v1/jobs/cancel", "{\"featur\":\"x\"}"), 400)).startsWith("featur: ");
    assertThat(problem(act("/v1/jobs/cancel?feature=x", "{\"all\":true}"), 400))
        .startsWith("feature: ");
    assertThat(problem(act("/v1/jobs/cancel", "{\"max_attempts\":2,\"all\":true}"), 400))
        .startsWith("max_attempts: ");
    assertThat(problem(act("/v1/jobs/cancel", "{\"all\":1}"), 400)).startsWith("all: ");
    assertThat(problem(act("/v1/jobs/cancel", "[]"), 400)).startsWith("body: ");
    assertThat(problem(act("/v1/jobs/cancel", "{"), 400)).startsWith("body: ");
    assertThat(
            problem(
                api.send(
                    "/v1/jobs/cancel",
                    request ->
                        request
                            .header("content-type", "text/plain")
                            .POST(BodyPublishers.ofString("{\"all\":true}"))),
                400))
        .startsWith("content-type: ");
  }

  @Test
  void whatTakesLongerThanARequestMayGoesOnWithTheNext() {
    job().lane(Lane.BULK).submit(postgres.database(), 600);
    var controlled =
        new ControlMatching(
            api.context().getBean(ControlJobs.class),
            new MatchingJobs(postgres.database()),
            Duration.ZERO,
            System::nanoTime);
    var bulk =
        new JobFilter(
            1, JobFilter.of(1).states(), Set.of(Lane.BULK), null, null, null, null, null, null);

    List<Long> portions = new ArrayList<>();
    JobId last = null;
    do {
      var progress = controlled.cancel(new ControlMatching.Request(bulk, last, false));
      portions.add(progress.tally().done());
      last = progress.last();
    } while (last != null);

    assertThat(portions).containsExactly(250L, 250L, 100L);
  }

  private static String submitted(String feature) {
    return api.post("{\"params\":" + RunningApi.PARAMS + ",\"feature\":\"" + feature + "\"}")
        .text("id");
  }

  private static Answer act(String path, String body) {
    return actAs("acme-key", path, body);
  }

  private static Answer actAs(String key, String path, String body) {
    return api.sendAs(
        key,
        path,
        request ->
            (body.isEmpty() ? request : request.header("content-type", "application/json"))
                .POST(BodyPublishers.ofString(body)));
  }

  private static Answer delete(String key, String id) {
    return api.sendAs(key, "/v1/jobs/" + id, request -> request.DELETE());
  }

  private static String problem(Answer answer, int status) {
    assertThat(answer.status()).isEqualTo(status);
    return answer.text("error", "message");
  }

  private static void run(String id) {
    api.execute(
        "update job set state = 'running', worker_id = gen_random_uuid(), claim_no = 1 where id = '%s'"
            .formatted(uuid(id)));
  }

  private static void end(String id, String state) {
    api.execute(
        "update job set state = '%s', worker_id = null, finished_at = now(), failure_code = %s where id = '%s'"
            .formatted(state, state.equals("failed") ? "'overloaded'" : "null", uuid(id)));
    if (state.equals("succeeded")) {
      api.execute(
          "insert into result (job_id, series, type, body) values ('%s', 1, 'succeeded', '{}')"
              .formatted(uuid(id)));
    }
  }

  private static String uuid(String id) {
    return JobId.parse(id).orElseThrow().uuid().toString();
  }
}
