package io.millrace.worker;

import static io.millrace.testkit.JobFixture.job;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.db.job.JobView;
import io.millrace.db.job.JobViews;
import io.millrace.db.job.TenantJobs;
import io.millrace.db.job.TenantJobs.ReplayTerms;
import io.millrace.db.limit.PoolPauses;
import io.millrace.db.usage.UsageQuestion;
import io.millrace.db.usage.Usages;
import io.millrace.job.JobId;
import io.millrace.job.JobState;
import io.millrace.simulator.Simulator;
import io.millrace.simulator.fault.Fault;
import io.millrace.simulator.fault.FaultRule;
import io.millrace.testkit.Invariants;
import io.millrace.testkit.KafkaExtension;
import io.millrace.testkit.PostgresExtension;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The life of a job between the store and Claude, on the real parts. */
class JobLifeIT {

  @RegisterExtension static final PostgresExtension postgres = PostgresExtension.shared();
  @RegisterExtension static final KafkaExtension kafka = KafkaExtension.any();

  private static Simulator claude;
  private static TestWorker worker;

  @BeforeAll
  static void start() {
    claude = Simulator.start();
    worker =
        TestWorker.start(
            postgres,
            kafka,
            claude.baseUri(),
            "millrace.limits.slow.requests-per-minute=12",
            "millrace.breaker.window=20",
            "millrace.breaker.minimum-calls=8",
            "millrace.breaker.open=2s",
            "millrace.breaker.longest-open=2s");
  }

  @AfterAll
  static void stop() {
    worker.close();
    claude.close();
  }

  @AfterEach
  void invariantsHold() {
    claude.clearFaults();
    Invariants.hold(postgres.database());
  }

  @Test
  void aJobIsAnsweredAndItsCostIsInTheBooks() {
    var id = job().prompt("What is a millrace?").submit(postgres.database());

    var view = awaitFinal(id);

    assertThat(view.state()).isEqualTo(JobState.SUCCEEDED);
    assertThat(view.attempts()).isEqualTo(1);
    assertThat(new String(view.body(), StandardCharsets.UTF_8)).contains("\"type\":\"message\"");
    var received = claude.callsOf(id.toString());
    assertThat(received).hasSize(1);
    assertThat(view.usage().inputTokens()).isEqualTo(received.getFirst().usage().inputTokens());
    assertThat(view.usage().outputTokens()).isEqualTo(received.getFirst().usage().outputTokens());
    assertThat(view.cost()).isPositive();
    assertThat(view.suspectedCost()).isZero();
  }

  @Test
  void aThousandJobsAreAnsweredOnceEach() {
    List<JobId> ids = job().submit(postgres.database(), 1_000);

    ids.forEach(id -> assertThat(awaitFinal(id).state()).isEqualTo(JobState.SUCCEEDED));

    ids.forEach(id -> assertThat(claude.callsOf(id.toString())).hasSize(1));
  }

  @Test
  void anOverloadedClaudeIsAskedAgain() {
    var id = job().prompt("[[simulator:overloaded once]]").submit(postgres.database());

    var view = awaitFinal(id);

    assertThat(view.state()).isEqualTo(JobState.SUCCEEDED);
    assertThat(view.attempts()).isEqualTo(2);
  }

  @Test
  void aRequestThatClaudeRefusesIsADeadLetter() {
    claude.fail(1, Fault.NOT_FOUND);
    var id = job().submit(postgres.database());

    var view = awaitFinal(id);

    assertThat(view.state()).isEqualTo(JobState.FAILED);
    assertThat(view.failureCode()).isEqualTo("not_found");
    assertThat(view.attempts()).isEqualTo(1);
    assertThat(new String(view.body(), StandardCharsets.UTF_8)).contains("not_found_error");
  }

  @Test
  void attemptsAreBounded() {
    var id = job().maxAttempts(2).prompt("[[simulator:overloaded]]").submit(postgres.database());

    var view = awaitFinal(id);

    assertThat(view.state()).isEqualTo(JobState.FAILED);
    assertThat(view.failureCode()).isEqualTo("overloaded");
    assertThat(view.attempts()).isEqualTo(2);
  }

  @Test
  void aCallWithoutACompleteReplyIsAmbiguousAndSuspected() {
    claude.fail(1, Fault.RESET);
    var id = job().failOnAmbiguous().submit(postgres.database());

    var view = awaitFinal(id);

    assertThat(view.state()).isEqualTo(JobState.FAILED);
    assertThat(view.failureCode()).isEqualTo("connection_lost");
    assertThat(view.cost()).isZero();
    assertThat(view.suspectedCost()).isPositive();
  }

  @Test
  void anAmbiguousCallIsRepeatedByDefault() {
    claude.fail(1, Fault.RESET);
    var id = job().submit(postgres.database());

    var view = awaitFinal(id);

    assertThat(view.state()).isEqualTo(JobState.SUCCEEDED);
    assertThat(view.attempts()).isEqualTo(2);
    assertThat(view.suspectedCost()).isPositive();
    // The report is of all jobs so far; that it equals the cost rows is an invariant.
    var report =
        new Usages(postgres.database())
            .sums(
                new UsageQuestion(Instant.EPOCH, Instant.now().plusSeconds(3_600), List.of(), null),
                1,
                Duration.ofSeconds(10))
            .getFirst();
    assertThat(report.amount()).isEqualByComparingTo(booked("charged"));
    assertThat(report.suspected()).isEqualByComparingTo(booked("suspected"));
    assertThat(report.unpricedCalls()).isZero();
    assertThat(report.suspected()).isGreaterThanOrEqualTo(view.suspectedCost());
  }

  @Test
  void aLongAnswerIsStreamedAndPutTogetherAgain() {
    var id = job().maxTokens(10_000).prompt("[[simulator:output 300]]").submit(postgres.database());

    var view = awaitFinal(id);

    assertThat(view.state()).isEqualTo(JobState.SUCCEEDED);
    assertThat(new String(view.body(), StandardCharsets.UTF_8))
        .contains("\"type\":\"message\"", "\"stop_reason\":\"end_turn\"");
    var call = claude.callsOf(id.toString()).getFirst();
    assertThat(call.streaming()).isTrue();
    assertThat(view.usage().outputTokens()).isEqualTo(call.usage().outputTokens()).isEqualTo(300);
    assertThat(view.usage().inputTokens()).isEqualTo(call.usage().inputTokens());
  }

  @Test
  void aStreamThatEndsInAnErrorIsSuspectedOfWhatItTold() {
    var id =
        job()
            .maxTokens(10_000)
            .prompt("[[simulator:stream_error]][[simulator:output 4000]]")
            .failOnAmbiguous()
            .submit(postgres.database());

    var view = awaitFinal(id);

    assertThat(view.failureCode()).isEqualTo("stream_error");
    assertThat(new String(view.body(), StandardCharsets.UTF_8)).contains("overloaded_error");
    assertThat(view.cost()).isZero();
    // 2,000 tokens had come: more than the guess for an answer of which nothing was seen.
    assertThat(view.suspectedCost()).isBetween(price("0.0009"), price("0.0020"));
  }

  @Test
  void whatOneJobIsRefusedFailsThatJobOnly() {
    var refused = job().prompt("[[simulator:forbidden]]").submit(postgres.database());
    var other = job().submit(postgres.database());

    assertThat(awaitFinal(refused).failureCode()).isEqualTo("permission_denied");
    assertThat(awaitFinal(other).state()).isEqualTo(JobState.SUCCEEDED);
  }

  @Test
  void whatEverybodyIsRefusedFailsNobody() {
    claude.fail(FaultRule.always(Fault.FORBIDDEN));
    var id = job().pool("refused").submit(postgres.database());

    await().until(() -> codes(id).contains("account_permission_denied"));

    claude.clearFaults();
    assertThat(codes(id)).containsOnly("account_permission_denied");
    new PoolPauses(postgres.database()).resume("refused");
    assertThat(awaitFinal(id).state()).isEqualTo(JobState.SUCCEEDED);
  }

  @Test
  void aJobWaitsForItsTime() {
    var id = job().runAt(Instant.now().plusSeconds(2)).submit(postgres.database());

    var view = awaitFinal(id);

    assertThat(view.state()).isEqualTo(JobState.SUCCEEDED);
    assertThat(view.startedAt()).isAfterOrEqualTo(view.terms().runAt());
  }

  @Test
  void aCallThatHangsEndsWithTheJobsDeadline() {
    claude.fail(1, Fault.HANG);
    var id = job().expiresAt(Instant.now().plusSeconds(2)).submit(postgres.database());

    var view = awaitFinal(id);

    assertThat(view.state()).isEqualTo(JobState.EXPIRED);
    assertThat(view.attempts()).isEqualTo(1);
    assertThat(view.suspectedCost()).isPositive();
  }

  @Test
  void aRunningJobIsCanceledInTheMiddleOfItsCall() {
    claude.fail(1, Fault.HANG);
    var id = job().submit(postgres.database());
    await().until(() -> !claude.callsOf(id.toString()).isEmpty());

    new TenantJobs(postgres.database()).cancel(1, List.of(id));
    long asked = System.nanoTime();
    var view = awaitFinal(id);

    assertThat(view.state()).isEqualTo(JobState.CANCELED);
    assertThat(Duration.ofNanos(System.nanoTime() - asked)).isLessThan(Duration.ofSeconds(5));
    assertThat(view.attempts()).isEqualTo(1);
    assertThat(view.suspectedCost()).isPositive();
    assertThat(view.cost()).isZero();
    assertThat(
            postgres
                .database()
                .dsl()
                .fetchSingle("select outcome, code from attempt where job_id = ?", id.uuid())
                .intoArray())
        .containsExactly("ambiguous", "aborted_by_cancel");
  }

  @Test
  void jobsThatWaitForTheRateAreCanceledWithoutACall() {
    List<JobId> ids = job().pool("slow").submit(postgres.database(), 4);
    await().until(() -> ids.stream().anyMatch(id -> !claude.callsOf(id.toString()).isEmpty()));

    new TenantJobs(postgres.database()).cancel(1, ids);

    var ends = ids.stream().map(JobLifeIT::awaitFinal).toList();
    assertThat(ends).filteredOn(end -> end.state() == JobState.CANCELED).hasSizeBetween(3, 4);
    assertThat(ids.stream().mapToInt(id -> claude.callsOf(id.toString()).size()).sum())
        .isEqualTo(1);
  }

  @Test
  void aDeadLetterIsReplayedAndAnswered() {
    claude.fail(1, Fault.NOT_FOUND);
    var id = job().submit(postgres.database());
    assertThat(awaitFinal(id).state()).isEqualTo(JobState.FAILED);

    new TenantJobs(postgres.database()).replay(1, List.of(id), ReplayTerms.AS_BEFORE);

    var view = awaitFinal(id);
    assertThat(view.state()).isEqualTo(JobState.SUCCEEDED);
    assertThat(view.attempts()).isEqualTo(2);
  }

  @Test
  void aJobThatIsDueTooLateExpiresUnsent() {
    var id =
        job()
            .runAt(Instant.now().plusSeconds(60))
            .expiresAt(Instant.now().plusSeconds(1))
            .submit(postgres.database());

    var view = awaitFinal(id);

    assertThat(view.state()).isEqualTo(JobState.EXPIRED);
    assertThat(claude.callsOf(id.toString())).isEmpty();
  }

  @Test
  void anOutageOfOnePoolSendsJobsToTheirFallbacksAndCostsTheOthersNothingButTime() {
    claude.fail(FaultRule.always(Fault.OVERLOADED).forModel("claude-opus-5-5"));
    var opus = job().model("claude-opus-5-5", "opus-5-5");
    List<JobId> steadfast = opus.submit(postgres.database(), 10);
    List<JobId> flexible =
        opus.fallbacks("claude-opus-5-5", "claude-haiku-5-5").submit(postgres.database(), 20);

    for (JobId id : flexible) {
      var view = awaitFinal(id);
      assertThat(view.state()).as("calls: %s", codes(id)).isEqualTo(JobState.SUCCEEDED);
      assertThat(view.model()).isEqualTo("claude-opus-5-5");
      assertThat(view.fallback())
          .isEqualTo(new JobView.Fallback("claude-haiku-5-5", "circuit_open"));
      assertThat(new String(view.body(), StandardCharsets.UTF_8))
          .contains("\"model\":\"claude-haiku-5-5\"");
      assertThat(claude.callsOf(id.toString()).getLast().model()).isEqualTo("claude-haiku-5-5");
    }
    assertThat(steadfast)
        .extracting(id -> views().find(1, id).orElseThrow().state())
        .isSubsetOf(JobState.QUEUED, JobState.RUNNING);
    await()
        .untilAsserted(() ->
            assertThat(callsThatDidNotCount(steadfast))
                .as("calls that only tried whether the pool works again")
                .isPositive());

    claude.clearFaults();
    for (JobId id : steadfast) {
      var view = awaitFinal(id);
      assertThat(view.state()).isEqualTo(JobState.SUCCEEDED);
      assertThat(view.fallback()).isNull();
    }
  }

  @Test
  void whereEverybodysJobsAreRefusedThePoolIsPaused() {
    var pauses = new PoolPauses(postgres.database());
    claude.fail(FaultRule.always(Fault.UNPROCESSABLE).forModel("claude-sonnet-5-5"));
    var refused = job().model("claude-sonnet-5-5", "sonnet-5-5");
    for (int tenant = 1; tenant <= 3; tenant++) {
      refused.tenant(tenant).submit(postgres.database(), 10);
    }

    await()
        .until(() ->
            pauses.open().stream()
                .anyMatch(pause ->
                    pause.pool().equals("sonnet-5-5")
                        && pause.reason().equals("permanent_failures")));
    pauses.faultOver("sonnet-5-5");
  }

  @ParameterizedTest
  @EnumSource(
      value = Fault.class,
      names = {
        "UNAUTHORIZED",
        "PAYMENT_REQUIRED",
        "SPEND_CAP",
        "CONTRACT_SPEND_CAP",
        "LOW_CREDIT",
        "USAGE_LIMIT",
        "ORGANIZATION_ON_HOLD"
      })
  void whatTheAccountIsRefusedForFailsNoJob(Fault fault) {
    var pauses = new PoolPauses(postgres.database());
    var pool = "account-" + fault.wireName();
    claude.fail(FaultRule.always(fault));

    List<JobId> ids = job().pool(pool).submit(postgres.database(), 40);
    await().until(() -> pauses.open().stream().anyMatch(pause -> pause.pool().equals(pool)));
    await()
        .until(() ->
            ids.stream()
                .allMatch(id -> views().find(1, id).orElseThrow().state() == JobState.QUEUED));

    // What was under way when the first refusal came, and no more: probes come one by one.
    assertThat(ids.stream().mapToInt(id -> claude.callsOf(id.toString()).size()).sum())
        .isLessThanOrEqualTo(40);

    claude.clearFaults();
    pauses.resume(pool);
    for (JobId id : ids) {
      var view = awaitFinal(id);
      assertThat(view.state()).isEqualTo(JobState.SUCCEEDED);
    }
    assertThat(pauses.open()).noneMatch(pause -> pause.pool().equals(pool));
  }

  private static int callsThatDidNotCount(List<JobId> jobs) {
    return postgres
        .database()
        .dsl()
        .fetchSingle(
            "select sum(attempts - counted_attempts)::int from job where id = any(?)",
            (Object) jobs.stream().map(JobId::uuid).toArray(UUID[]::new))
        .get(0, int.class);
  }

  private static JobViews views() {
    return new JobViews(postgres.database());
  }

  private static List<String> codes(JobId id) {
    return postgres
        .database()
        .dsl()
        .fetch("select code from attempt where job_id = ?", id.uuid())
        .map(row -> row.get(0, String.class));
  }

  private static BigDecimal price(String amount) {
    return new BigDecimal(amount);
  }

  private static BigDecimal booked(String kind) {
    return postgres
        .database()
        .dsl()
        .fetchSingle("select coalesce(sum(amount), 0) from cost where kind = ?", kind)
        .get(0, BigDecimal.class);
  }

  private static JobView awaitFinal(JobId id) {
    var views = new JobViews(postgres.database());
    return await()
        .atMost(Duration.ofSeconds(30))
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(20))
        .until(() -> views.find(1, id).orElseThrow(), view -> view.state().isFinal());
  }
}
