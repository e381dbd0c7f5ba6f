package io.millrace.worker;

import static io.millrace.testkit.JobFixture.job;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.db.job.Settlement.Effect.Finish;
import io.millrace.job.JobId;
import io.millrace.job.JobState;
import io.millrace.job.ReleasedJob;
import io.millrace.job.Topics;
import io.millrace.simulator.Simulator;
import io.millrace.testkit.Invariants;
import io.millrace.testkit.KafkaExtension;
import io.millrace.testkit.PostgresExtension;
import io.millrace.testkit.Received;
import io.millrace.testkit.Receiver;
import io.millrace.worker.kafka.Topology;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * P1, P2, P7 and P8 at each single step of a job's life and of telling its end: processes died
 * there, and two living workers bring their jobs to the one outcome, with a row for each call that
 * was, or may have been, sent, and have the outcome reach its receiver under one id.
 */
class CrashBetweenStepsIT {

  @RegisterExtension static final PostgresExtension postgres = PostgresExtension.shared();
  @RegisterExtension static final KafkaExtension kafka = KafkaExtension.any();

  private static final Map<LastStep, Deceased> deceased = new EnumMap<>(LastStep.class);
  private static final Map<DeadDelivery.LastStep, DeadDelivery> deliveries =
      new EnumMap<>(DeadDelivery.LastStep.class);
  private static final List<TestWorker> workers = new ArrayList<>();
  private static Simulator claude;
  private static Receiver receiver;
  private static Records records;
  private static Jobs jobs;

  /** What a process did last; how many calls it sent, and how many rows it left to the rescue. */
  enum LastStep {
    SUBMITTED(0, 0),
    RELEASED(0, 0),
    PRODUCED(0, 0),
    CONSUMED(0, 0),
    CLAIMED(0, 1),
    CLAIMED_TO_WAIT(0, 0),
    MARKED(0, 1),
    SENT(1, 1),
    SENT_UNMARKED(1, 1),
    ANSWERED(1, 1),
    KEPT(1, 0),
    KEPT_WITHOUT_KNOWING(1, 0),
    MARKED_AGAIN(1, 1),
    SENT_AGAIN(2, 1),
    GIVEN_BACK(1, 0),
    DECLARED_LOST(1, 1),
    RECORDED(1, 0);

    private final int sent;
    private final int presumed;

    LastStep(int sent, int presumed) {
      this.sent = sent;
      this.presumed = presumed;
    }

    private Deceased of(Deceased it) {
      return switch (this) {
        case SUBMITTED -> it.submits();
        case RELEASED -> SUBMITTED.of(it).releases();
        case PRODUCED -> RELEASED.of(it).produces();
        case CONSUMED -> PRODUCED.of(it).consumes();
        case CLAIMED -> PRODUCED.of(it).claims();
        case CLAIMED_TO_WAIT -> PRODUCED.of(it).claimsToWait();
        case MARKED -> CLAIMED_TO_WAIT.of(it).marks();
        case SENT -> MARKED.of(it).sends();
        case SENT_UNMARKED -> CLAIMED.of(it).sends();
        case ANSWERED -> CLAIMED.of(it).isAnswered();
        case KEPT -> CLAIMED.of(it).isOverloadedAndWaits();
        case KEPT_WITHOUT_KNOWING -> KEPT.of(it).keepsAgain();
        case MARKED_AGAIN -> KEPT.of(it).marks();
        case SENT_AGAIN -> MARKED_AGAIN.of(it).sends();
        case GIVEN_BACK -> CLAIMED.of(it).isOverloadedAndGivesBack();
        case DECLARED_LOST -> SENT_UNMARKED.of(it).isDeclaredLost();
        case RECORDED -> ANSWERED.of(it).records();
      };
    }
  }

  @BeforeAll
  static void theyDieAndTwoLive() {
    claude = Simulator.start();
    receiver = Receiver.start();
    jobs = new Jobs(postgres.database());
    // Whose URLs are signed for.
    postgres.database().dsl().execute("insert into tenant (name) values ('acme')");
    makeTopics();
    records = new Records(kafka.bootstrapServers());
    dieWithDeliveries();
    for (LastStep step : LastStep.values()) {
      deceased.put(step, step.of(dying(receiver.url("/job/" + step).toString())));
    }
    workers.add(live());
    workers.add(live());
  }

  private static Deceased dying(String webhook) {
    return new Deceased(postgres.database(), records, claude, webhook);
  }

  // Backwards: a claim takes what has waited longest, so nothing may wait that none is to have.
  private static void dieWithDeliveries() {
    for (var step : List.of(DeadDelivery.LastStep.values()).reversed()) {
      try (var finisher = LastStep.RECORDED.of(dying(DeadDelivery.url(receiver, step)))) {
        var delivery = new DeadDelivery(postgres.database(), finisher.job());
        deliveries.put(step, step.of(delivery));
      }
    }
  }

  @AfterAll
  static void stop() {
    workers.forEach(TestWorker::close);
    deceased.values().forEach(Deceased::close);
    receiver.close();
    records.close();
    claude.close();
  }

  @AfterEach
  void invariantsHold() {
    Invariants.hold(postgres.database());
  }

  @ParameterizedTest
  @EnumSource
  void aDeadProcessesJobSucceedsOnceAndEachCallHasItsRow(LastStep step) {
    var id = deceased(step).job();

    var view = jobs.awaitFinal(id);

    boolean recorded = step == LastStep.RECORDED;
    assertThat(view.state()).isEqualTo(JobState.SUCCEEDED);
    assertThat(claude.callsOf(id.toString())).hasSize(step.sent + (recorded ? 0 : 1));
    var attempts = jobs.attempts(id);
    assertThat(attempts.getValues("outcome", String.class))
        .filteredOn("succeeded"::equals)
        .hasSize(1);
    assertThat(attempts.getValues("code", String.class))
        .filteredOn("lease_lost"::equals)
        .hasSize(step.presumed);
    assertThat(attempts.getValues("presumed", Boolean.class))
        .filteredOn(presumed -> presumed)
        .hasSize(step.presumed);
    assertThat(jobs.costs(id).getValues("kind", String.class))
        .filteredOn("suspected"::equals)
        .hasSize(step.presumed);
    if (sentOnlyWhatItCouldMark(step)) {
      assertThat(attempts).hasSameSizeAs(claude.callsOf(id.toString()));
    }
  }

  @ParameterizedTest
  @EnumSource
  void aDeadProcessesJobIsToldOfUnderOneId(LastStep step) throws Exception {
    var id = deceased(step).job();

    var told = receiver.await("/job/" + step, 1);

    assertThat(deliveryIds(id)).hasSize(1);
    assertThat(told).extracting(Received::id).hasSameElementsAs(deliveryIds(id));
    assertThat(told.getFirst().text()).contains("\"job.succeeded\"", id.toString());
  }

  @ParameterizedTest
  @EnumSource
  void aDeadProcessesDeliveryReachesItsReceiverUnderItsId(DeadDelivery.LastStep step)
      throws Exception {
    var id = deliveries.get(step).job();
    int requests = step.sent() + (step == DeadDelivery.LastStep.RECORDED ? 0 : 1);

    var told = receiver.await(DeadDelivery.path(step), requests);
    await().atMost(Duration.ofSeconds(20)).until(() -> pending(id) == 0);

    assertThat(receiver.requests(DeadDelivery.path(step))).hasSize(requests);
    assertThat(deliveryIds(id)).hasSize(1);
    assertThat(told).extracting(Received::id).hasSameElementsAs(deliveryIds(id));
    switch (step) {
      case COMMITTED, CLAIMED, SENT ->
          assertThat(told.getLast().text()).contains("\"job.succeeded\"", id.toString());
      case FAILURE_RECORDED, RECORDED ->
          assertThat(told).allMatch(request -> request.text().equals(DeadDelivery.BODY));
    }
  }

  @Test
  void theLateWordOfAFencedOutWorkerOnADeliveryChangesNothing() throws Exception {
    var late = deliveries.get(DeadDelivery.LastStep.SENT);
    receiver.await(DeadDelivery.path(DeadDelivery.LastStep.SENT), 2);
    await().atMost(Duration.ofSeconds(20)).until(() -> pending(late.job()) == 0);

    assertThat(late.recordsLate()).isFalse();

    var attempts =
        postgres
            .database()
            .dsl()
            .fetchValue(
                "select count(*) from delivery_attempt a join delivery d on d.id = a.delivery_id"
                    + " where d.job_id = ?",
                late.job().uuid());
    assertThat(attempts).isEqualTo(1L);
  }

  private static List<String> deliveryIds(JobId id) {
    return postgres
        .database()
        .dsl()
        .fetch("select wire_id('msg_', id) from delivery where job_id = ?", id.uuid())
        .getValues(0, String.class);
  }

  private static long pending(JobId id) {
    return (long)
        postgres
            .database()
            .dsl()
            .fetchValue(
                "select count(*) from delivery where job_id = ? and state = 'pending'", id.uuid());
  }

  // A process that died between the mark and the first byte leaves a row for a call that never was:
  // the price of never leaving a call without a row.
  private static boolean sentOnlyWhatItCouldMark(LastStep step) {
    return switch (step) {
      case CLAIMED, MARKED, MARKED_AGAIN -> false;
      default -> true;
    };
  }

  @Test
  void theLateAnswerOfAFencedOutWorkerIsPaidAndNotUsed() {
    var late = deceased(LastStep.ANSWERED);
    var before = jobs.awaitFinal(late.job());
    assertThat(before.suspectedCost()).isPositive();

    var settled = late.settle(new Finish(JobState.SUCCEEDED, null, late.answer()));

    assertThat(settled.applied()).isFalse();
    aPaidAndUnusedFirstCall(late.job());
    var after = jobs.view(late.job());
    assertThat(after.suspectedCost()).isZero();
    assertThat(after.body()).isEqualTo(before.body()).isNotEqualTo(late.answer());
    assertThat(after.finishedAt()).isEqualTo(before.finishedAt());

    late.settle(new Finish(JobState.SUCCEEDED, null, late.answer()));
    aPaidAndUnusedFirstCall(late.job());
    Invariants.hold(postgres.database());
  }

  private static void aPaidAndUnusedFirstCall(JobId id) {
    var attempts = jobs.attempts(id);
    assertThat(attempts.getValues("outcome", String.class))
        .containsExactly("succeeded", "succeeded");
    assertThat(attempts.getValues("presumed", Boolean.class)).containsExactly(false, false);
    assertThat(attempts.getValues("fenced_out", Boolean.class)).containsExactly(true, false);
    assertThat(jobs.costs(id).getValues("kind", String.class))
        .containsExactly("charged", "charged");
  }

  @Test
  void aDoubledInvitationIsAcceptedOnce() {
    var id = job().submit(postgres.database());

    for (int i = 0; i < 20; i++) {
      records.invite(new ReleasedJob(id, 0));
    }

    assertThat(jobs.awaitFinal(id).state()).isEqualTo(JobState.SUCCEEDED);
    assertThat(claude.callsOf(id.toString())).hasSize(1);
    assertThat(jobs.attempts(id)).hasSize(1);
  }

  @Test
  void lateAndFutureInvitationsAndThoseToNobodyChangeNothing() {
    var id = job().submit(postgres.database());
    var before = jobs.awaitFinal(id);
    double seen = recordsSeen();

    for (int claimNo = 0; claimNo < 4; claimNo++) {
      records.invite(new ReleasedJob(id, claimNo));
    }
    var nobody = JobId.create(Instant.now(), ThreadLocalRandom.current());
    records.invite(new ReleasedJob(nobody, 0));

    await().atMost(Duration.ofSeconds(30)).until(() -> recordsSeen() >= seen + 5);
    assertThat(jobs.view(id)).usingRecursiveComparison().isEqualTo(before);
    assertThat(claude.callsOf(id.toString())).hasSize(1);
    assertThat(claude.callsOf(nobody.toString())).isEmpty();
  }

  @Test
  void anUnreadableRecordIsSetAsideWithWhereItCameFromAndStopsNothing() {
    byte[] garbage = "no released job at all".getBytes(StandardCharsets.UTF_8);
    var strange = new ProducerRecord<>(Topics.JOBS, 0, "strange", garbage);
    strange.headers().add("traceparent", "00-ab".getBytes(StandardCharsets.UTF_8));
    records.write(strange);
    records.write(new ProducerRecord<>(Topics.JOBS, 0, "empty", null));

    var id = job().submit(postgres.database());

    assertThat(jobs.awaitFinal(id).state()).isEqualTo(JobState.SUCCEEDED);
    var dead = dead("strange");
    assertThat(dead.value()).isEqualTo(garbage);
    assertThat(header(dead, "traceparent")).isEqualTo("00-ab");
    assertThat(header(dead, "kafka_dlt-original-topic")).isEqualTo(Topics.JOBS);
    assertThat(ByteBuffer.wrap(bytes(dead, "kafka_dlt-original-partition")).getInt()).isZero();
    assertThat(ByteBuffer.wrap(bytes(dead, "kafka_dlt-original-offset")).getLong()).isNotNegative();
    assertThat(header(dead, "millrace-failure-code")).isEqualTo("unreadable_record");
    assertThat(dead("empty").value()).isNull();
  }

  @Test
  void aFailedJobIsADeadLetterThatNamesItsFailure() {
    var id = job().prompt("a secret [[simulator:not_found]]").submit(postgres.database());

    assertThat(jobs.awaitFinal(id).state()).isEqualTo(JobState.FAILED);

    var dead = dead(id.toString());
    assertThat(header(dead, "kafka_dlt-original-topic")).isEqualTo(Topics.JOBS);
    assertThat(header(dead, "kafka_dlt-exception-message")).isEqualTo("not_found");
    assertThat(header(dead, "millrace-failure-code")).isEqualTo("not_found");
    assertThat(header(dead, "millrace-failure-class")).isEqualTo("permanent");
    assertThat(header(dead, "millrace-attempts")).isEqualTo("1");
    assertThat(header(dead, "millrace-tenant")).isEqualTo("1");
    assertThat(new String(dead.value(), StandardCharsets.UTF_8))
        .contains(id.toString(), "not_found")
        .doesNotContain("secret");
  }

  private static Deceased deceased(LastStep step) {
    return deceased.get(step);
  }

  private static TestWorker live() {
    return TestWorker.start(
        postgres,
        kafka,
        claude.baseUri(),
        "millrace.lease=2s",
        "millrace.dispatch.sweep=1s",
        "millrace.webhooks.allow=loopback");
  }

  private static void makeTopics() {
    try (var first = live()) {
      await().atMost(Duration.ofSeconds(30)).until(first.bean(Topology.class)::isReady);
    }
  }

  private static double recordsSeen() {
    return workers.stream()
        .mapToDouble(worker ->
            worker.bean(MeterRegistry.class).get("millrace.intake.records").counter().count())
        .sum();
  }

  private static ConsumerRecord<String, byte[]> dead(String key) {
    return records.find(Topics.DEAD_LETTER, record -> key.equals(record.key())).orElseThrow();
  }

  private static String header(ConsumerRecord<String, byte[]> record, String name) {
    return new String(bytes(record, name), StandardCharsets.UTF_8);
  }

  private static byte[] bytes(ConsumerRecord<String, byte[]> record, String name) {
    return record.headers().lastHeader(name).value();
  }
}
