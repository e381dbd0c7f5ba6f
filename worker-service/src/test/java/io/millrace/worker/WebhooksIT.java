package io.millrace.worker;

import static io.millrace.testkit.JobFixture.job;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import com.standardwebhooks.Webhook;
import io.millrace.db.job.JobWalk.Direction;
import io.millrace.db.job.TenantJobs;
import io.millrace.db.job.TenantJobs.ReplayTerms;
import io.millrace.db.webhook.AttemptRecord;
import io.millrace.db.webhook.AttemptRecord.Call;
import io.millrace.db.webhook.AttemptRecord.Effect.Delivered;
import io.millrace.db.webhook.ClaimedDelivery;
import io.millrace.db.webhook.Deliveries;
import io.millrace.db.webhook.DeliveryFilter;
import io.millrace.db.webhook.DeliveryView;
import io.millrace.db.webhook.DeliveryViews;
import io.millrace.db.webhook.EndpointFields;
import io.millrace.db.webhook.Endpoints;
import io.millrace.db.webhook.Replays;
import io.millrace.db.webhook.Secrets;
import io.millrace.db.webhook.Secrets.Owner;
import io.millrace.delivery.DeliveryError;
import io.millrace.delivery.DeliveryState;
import io.millrace.delivery.EndpointId;
import io.millrace.delivery.EndpointState;
import io.millrace.job.JobId;
import io.millrace.simulator.Simulator;
import io.millrace.testkit.Answer;
import io.millrace.testkit.DeliveryTime;
import io.millrace.testkit.Invariants;
import io.millrace.testkit.KafkaExtension;
import io.millrace.testkit.PostgresExtension;
import io.millrace.testkit.Received;
import io.millrace.testkit.Receiver;
import io.millrace.webhook.sign.Signing;
import io.millrace.webhook.sign.SigningKey;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** P8: what a receiver gets, by a real worker, whatever it answers. */
class WebhooksIT {

  @RegisterExtension static final PostgresExtension postgres = PostgresExtension.shared();
  @RegisterExtension static final KafkaExtension kafka = KafkaExtension.any();

  private static final Duration BOUND = Duration.ofSeconds(20);
  private static final int TENANT = 1;

  private static Simulator claude;
  private static Receiver receiver;
  private static TestWorker worker;
  private static Jobs jobs;
  private static DeliveryViews views;
  private static Secrets secrets;
  private static Endpoints endpoints;

  @BeforeAll
  static void start() {
    claude = Simulator.start();
    receiver = Receiver.start();
    postgres.database().dsl().execute("insert into tenant (name) values ('acme')");
    jobs = new Jobs(postgres.database());
    views = new DeliveryViews(postgres.database());
    secrets = new Secrets(postgres.database());
    endpoints = new Endpoints(postgres.database(), secrets);
    worker =
        TestWorker.start(
            postgres,
            kafka,
            claude.baseUri(),
            "millrace.webhooks.allow=loopback",
            "millrace.webhooks.timeout=1s",
            "millrace.webhooks.schedule=0s,1h,2h,4h",
            "millrace.public-url=https://millrace.example");
  }

  @AfterAll
  static void stop() {
    worker.close();
    receiver.close();
    claude.close();
  }

  @AfterEach
  void invariantsHold() {
    postgres.database().dsl().execute("delete from webhook_endpoint");
    Invariants.hold(postgres.database());
  }

  @Test
  void aJobsEndIsToldToItsUrlAndItsTenantsEndpointsSignedByEach() throws Exception {
    var endpoint = endpoint("/told", "job.succeeded");
    var id = job().webhook(url("/own")).submit(postgres.database());

    var own = receiver.await("/own", 1).getFirst();
    var told = receiver.await("/told", 1).getFirst();

    var view = jobs.awaitFinal(id);
    assertThat(Duration.between(view.finishedAt(), own.at())).isLessThan(Duration.ofSeconds(1));
    verify(own, Owner.of(TENANT));
    verify(told, Owner.of(TENANT, endpoint));
    assertThat(own.id()).startsWith("msg_").isNotEqualTo(told.id());
    assertThat(own.text())
        .startsWith("{\"type\":\"job.succeeded\",\"timestamp\":\"" + view.finishedAt() + "\"")
        .contains("\"data\":{\"id\":\"" + id + "\"", "\"status\":\"succeeded\"", "\"message\":{");
    assertThat(own.header("content-type")).isEqualTo("application/json");
    assertThat(own.header("user-agent")).startsWith("Millrace-Webhooks/");
    assertThat(own.method()).isEqualTo("POST");
    assertThat(awaitEnded(id, 2))
        .allSatisfy(delivery -> {
          assertThat(delivery.state()).isEqualTo(DeliveryState.DELIVERED);
          assertThat(delivery.attempts()).isEqualTo(1);
          assertThat(delivery.httpStatus()).isEqualTo(200);
        });
  }

  @Test
  void whatIsNotToBeKeptIsGoneOnceItWasDelivered() throws Exception {
    endpoint("/handed", "job.succeeded");
    receiver.on("/handed", Answer.status(500), Answer.ok());
    var id = job().keepNothing().webhook(url("/over")).submit(postgres.database());
    await()
        .atMost(BOUND)
        .until(() ->
            number("select count(*) from delivery where job_id = ? and attempts = 1", id) == 2);
    assertThat(handedOver(id)).as("one has not got it").isFalse();

    DeliveryTime.passes(postgres.database(), Duration.ofDays(1));

    await().atMost(BOUND).until(() -> handedOver(id));
    postgres
        .database()
        .dsl()
        .execute(
            "update job set handed_over_at = now() - interval '2 min' where id = ?", id.uuid());
    await()
        .atMost(BOUND)
        .until(() ->
            number("select count(*) from job where id = ? and erased_at is not null", id) == 1);
    assertThat(number("select count(*) from request where job_id = ?", id)).isZero();
    assertThat(number("select count(*) from result where job_id = ?", id)).isZero();
  }

  private static boolean handedOver(JobId id) {
    return number("select count(*) from job where id = ? and handed_over_at is not null", id) == 1;
  }

  private static long number(String query, JobId id) {
    return postgres.database().dsl().fetchSingle(query, id.uuid()).get(0, Long.class);
  }

  @Test
  void everyWayToAnEndIsTold() throws Exception {
    var later = Instant.now().plusSeconds(600);
    var canceled = job().webhook(url("/ends")).runAt(later).submit(postgres.database());
    new TenantJobs(postgres.database()).cancel(TENANT, List.of(canceled));
    var expired =
        job().webhook(url("/ends")).runAt(later).expiresAt(later).submit(postgres.database());
    postgres
        .database()
        .dsl()
        .execute("update job set expires_at = now() where id = ?", expired.uuid());
    var failed =
        job().webhook(url("/ends")).prompt("[[simulator:not_found]]").submit(postgres.database());

    var told = receiver.await("/ends", 3);

    assertThat(told)
        .anyMatch(says("job.canceled", canceled))
        .anyMatch(says("job.expired", expired))
        .anyMatch(says("job.failed", failed));
  }

  static Stream<Arguments> failures() {
    return Stream.of(
        Arguments.of("error", Answer.status(500), DeliveryError.HTTP_STATUS),
        Arguments.of(
            "moved", Answer.redirect(302, "http://127.0.0.1:1/"), DeliveryError.REDIRECTED),
        Arguments.of("stall", Answer.stall(), DeliveryError.TIMEOUT),
        Arguments.of("stall-late", Answer.stallAfterHeaders(), DeliveryError.TIMEOUT),
        Arguments.of("drip", Answer.drip(Duration.ofMillis(50)), DeliveryError.TIMEOUT),
        Arguments.of("hangup", Answer.hangup(), DeliveryError.UNREACHABLE),
        Arguments.of("garbage", new Answer.Garbage("no http\r\n\r\n"), DeliveryError.UNREACHABLE));
  }

  @ParameterizedTest
  @MethodSource("failures")
  void whatIsNoSuccessIsRepeatedByTheScheduleWithTheSameIdAndBytes(
      String path, Answer answer, DeliveryError error) throws Exception {
    receiver.on("/" + path, answer, Answer.ok());
    var id = job().webhook(url("/" + path)).submit(postgres.database());

    var waiting = await().atMost(BOUND).until(() -> only(id), view -> view.attempts() == 1);
    var attempt = views.attempts(TENANT, waiting.id()).getFirst();
    assertThat(waiting.state()).isEqualTo(DeliveryState.PENDING);
    assertThat(waiting.error()).isEqualTo(error);
    assertThat(attempt.error()).isEqualTo(error);
    assertThat(waiting.nextAttemptAt())
        .isCloseTo(Instant.now().plus(1, ChronoUnit.HOURS), within(13, ChronoUnit.MINUTES));
    assertThat(receiver.requests("/" + path)).hasSize(1);

    DeliveryTime.passes(postgres.database(), Duration.ofDays(1));

    var both = receiver.await("/" + path, 2);
    assertThat(both.getLast().id()).isEqualTo(both.getFirst().id());
    assertThat(both.getLast().body()).isEqualTo(both.getFirst().body());
    verify(both.getLast(), Owner.of(TENANT));
    assertThat(awaitEnded(id, 1).getFirst().state()).isEqualTo(DeliveryState.DELIVERED);
  }

  @Test
  void howAJobEndedIsToldThoughItWasReplayedMeanwhile() throws Exception {
    var endpoint = endpoint("/ended", "job.canceled");
    endpoints.pause(TENANT, endpoint);
    var id = job().runAt(Instant.now().plusSeconds(600)).submit(postgres.database());
    var tenantJobs = new TenantJobs(postgres.database());
    tenantJobs.cancel(TENANT, List.of(id));
    tenantJobs.replay(TENANT, List.of(id), ReplayTerms.AS_BEFORE);

    endpoints.resume(TENANT, endpoint);

    assertThat(receiver.await("/ended", 1).getFirst().text())
        .contains("\"type\":\"job.canceled\"", "\"status\":\"canceled\"", "\"type\":\"omitted\"");
  }

  @Test
  void tenMegabytesOfAnswerAreNotRead() throws Exception {
    receiver.on("/large", Answer.tenMegabytes());
    var id = job().webhook(url("/large")).submit(postgres.database());

    assertThat(awaitEnded(id, 1).getFirst().state()).isEqualTo(DeliveryState.DELIVERED);

    var request = receiver.requests("/large").getFirst();
    assertThat(request.awaitEnd(10)).isTrue();
    assertThat(request.sent()).isLessThan(5 << 20);
    var attempt = views.attempts(TENANT, only(id).id()).getFirst();
    assertThat(attempt.response()).hasSize(1_024);
  }

  @Test
  void aScheduleThatIsOverFailsAndAReplayKeepsTheId() throws Exception {
    receiver.fail("/dead", 4, 500);
    var id = job().webhook(url("/dead")).submit(postgres.database());
    for (int attempt = 1; attempt < 4; attempt++) {
      int made = attempt;
      await().atMost(BOUND).until(() -> only(id).attempts() == made);
      DeliveryTime.passes(postgres.database(), Duration.ofDays(1));
    }

    var failed = awaitEnded(id, 1).getFirst();
    assertThat(failed.state()).isEqualTo(DeliveryState.FAILED);
    assertThat(failed.attempts()).isEqualTo(4);

    assertThat(new Replays(postgres.database()).replay(TENANT, List.of(failed.id()))).hasSize(1);

    var all = receiver.await("/dead", 5);
    assertThat(all).extracting(Received::id).containsOnly(failed.id().toString());
    var replayed = awaitEnded(id, 1).getFirst();
    assertThat(replayed.state()).isEqualTo(DeliveryState.DELIVERED);
    assertThat(replayed.attempts()).isEqualTo(5);
  }

  @Test
  void whatAReceiverAsksToWaitIsHonouredWhereItIsLonger() {
    receiver.on("/later", Answer.retryAfter(503, "7200"));
    var id = job().webhook(url("/later")).submit(postgres.database());

    var waiting = await().atMost(BOUND).until(() -> only(id), view -> view.attempts() == 1);

    assertThat(waiting.nextAttemptAt())
        .isCloseTo(Instant.now().plus(2, ChronoUnit.HOURS), within(1, ChronoUnit.MINUTES));
  }

  @Test
  void goneDisablesAnEndpointWhichMissesWhatFollowsUntilItIsReplayed() throws Exception {
    var operators = endpoint("/operator", "endpoint.disabled");
    var endpoint = endpoint("/gone", "job.succeeded");
    receiver.on("/gone", Answer.status(410), Answer.ok());
    var first = job().submit(postgres.database());
    receiver.await("/gone", 1);
    await()
        .atMost(BOUND)
        .until(
            () -> endpoints.find(TENANT, endpoint).orElseThrow().state() == EndpointState.DISABLED);
    var told = receiver.await("/operator", 1).getFirst();
    verify(told, Owner.of(TENANT, operators));
    assertThat(told.text())
        .contains("\"endpoint.disabled\"", endpoint.toString(), "\"gone\"", "\"acme\"");

    var second = job().submit(postgres.database());
    jobs.awaitFinal(second);
    var missed = only(second);
    assertThat(missed.state()).isEqualTo(DeliveryState.MISSED);

    endpoints.resume(TENANT, endpoint);
    new Replays(postgres.database()).replay(TENANT, List.of(missed.id(), only(first).id()));

    assertThat(awaitEnded(first, 1).getFirst().state()).isEqualTo(DeliveryState.DELIVERED);
    assertThat(awaitEnded(second, 1).getFirst().state()).isEqualTo(DeliveryState.DELIVERED);
  }

  @Test
  void goneEndsADeliveryToAJobsOwnUrl() {
    receiver.on("/gone-own", Answer.status(410));
    var id = job().webhook(url("/gone-own")).submit(postgres.database());

    var failed = awaitEnded(id, 1).getFirst();

    assertThat(failed.state()).isEqualTo(DeliveryState.FAILED);
    assertThat(failed.error()).isEqualTo(DeliveryError.GONE);
  }

  @Test
  void whatWebhooksAreNotForIsNotConnectedTo() {
    var id = job().webhook("https://10.0.0.1/").submit(postgres.database());

    var waiting = await().atMost(BOUND).until(() -> only(id), view -> view.attempts() == 1);

    assertThat(waiting.error()).isEqualTo(DeliveryError.FORBIDDEN_TARGET);
  }

  @Test
  void aPausedEndpointHoldsItsOwnAndADeletedOneDropsThem() throws Exception {
    var paused = endpoint("/paused", "job.succeeded");
    endpoints.pause(TENANT, paused);
    var held = job().submit(postgres.database());
    jobs.awaitFinal(held);
    assertThat(only(held).state()).isEqualTo(DeliveryState.PENDING);

    endpoints.resume(TENANT, paused);
    receiver.await("/paused", 1);

    endpoints.pause(TENANT, paused);
    var dropped = job().submit(postgres.database());
    jobs.awaitFinal(dropped);
    endpoints.delete(TENANT, paused);

    var view = awaitEnded(dropped, 1).getFirst();
    assertThat(view.state()).isEqualTo(DeliveryState.DROPPED);
    assertThat(view.error()).isEqualTo(DeliveryError.ENDPOINT_DELETED);
    assertThat(receiver.requests("/paused")).hasSize(1);
  }

  /** What a worker did last for a delivery, before it died. */
  enum LastStep {
    MADE(1),
    CLAIMED(1),
    SENT(2),
    RECORDED(1);

    private final int requests;

    LastStep(int requests) {
      this.requests = requests;
    }
  }

  @ParameterizedTest
  @EnumSource
  void aDeadWorkersDeliveryIsMadeByAnotherUnderItsId(LastStep last) throws Exception {
    String path = "/orphan-" + last;
    var endpoint = endpoint(path, "job.succeeded");
    endpoints.pause(TENANT, endpoint);
    var id = job().submit(postgres.database());
    var orphan = only(id);
    if (last != LastStep.MADE) {
      claimAndDie(orphan, last);
    }

    endpoints.resume(TENANT, endpoint);

    var delivered = awaitEnded(id, 1).getFirst();
    assertThat(delivered.state()).isEqualTo(DeliveryState.DELIVERED);
    assertThat(delivered.attempts()).isEqualTo(1);
    assertThat(receiver.requests(path))
        .hasSize(last.requests)
        .extracting(Received::id)
        .containsOnly(orphan.id().toString());
  }

  private static void claimAndDie(DeliveryView orphan, LastStep last) {
    var dead = UUID.randomUUID();
    postgres
        .database()
        .dsl()
        .execute(
            "update delivery_pending set worker_id = ?, claim_no = claim_no + 1,"
                + " due_at = now() + interval '500 ms' where id = ?",
            dead,
            orphan.id().uuid());
    if (last == LastStep.CLAIMED) {
      return;
    }
    String path = "/orphan-" + last;
    HttpRequest.Builder request =
        HttpRequest.newBuilder(receiver.url(path))
            .header("webhook-id", orphan.id().toString())
            .POST(HttpRequest.BodyPublishers.ofString("{}"));
    try (var client = HttpClient.newHttpClient()) {
      client.send(request.build(), HttpResponse.BodyHandlers.discarding());
    } catch (IOException | InterruptedException failure) {
      throw new AssertionError(failure);
    }
    if (last == LastStep.RECORDED) {
      var claimed =
          new ClaimedDelivery(
              orphan.id(), 1, TENANT, null, dead, null, "", Instant.now(), null, null, 0, 0, BOUND);
      var call = new Call(Instant.now(), Instant.now(), 200, null, null);
      var attempt = new AttemptRecord(dead, claimed, call, null, new Delivered());
      assertThat(new Deliveries(postgres.database(), BOUND).record(List.of(attempt)))
          .containsExactly(true);
    }
  }

  @Test
  void anEndpointThatDoesNothingButFailIsDisabledInTheEnd() {
    var failing = endpoint("/failing", "job.succeeded");
    receiver.on("/failing", Answer.status(500));
    var first = job().submit(postgres.database());
    await().atMost(BOUND).until(() -> only(first).attempts() == 1);

    DeliveryTime.passes(postgres.database(), Duration.ofDays(6));

    await()
        .atMost(BOUND)
        .until(
            () -> endpoints.find(TENANT, failing).orElseThrow().state() == EndpointState.DISABLED);
    assertThat(endpoints.find(TENANT, failing).orElseThrow().disabledReason()).isEqualTo("failing");
    assertThat(only(first).state()).as("held for its return").isEqualTo(DeliveryState.PENDING);
  }

  private static Predicate<Received> says(String type, JobId id) {
    return request ->
        request.text().contains("\"" + type + "\"") && request.text().contains(id.toString());
  }

  private static void verify(Received request, Owner owner) throws Exception {
    var key = secrets.signing(owner).getFirst().key();
    new Webhook(key).verify(request.text(), HttpHeaders.of(request.headers(), (_, _) -> true));
  }

  private static EndpointId endpoint(String path, String... types) {
    var key = SigningKey.create(Signing.HMAC, new SecureRandom());
    return endpoints
        .create(
            TENANT,
            new EndpointFields().url(url(path)).eventTypes(List.of(types)),
            "hmac",
            key.bytes())
        .orElseThrow()
        .id();
  }

  private static String url(String path) {
    return receiver.url(path).toString();
  }

  private static DeliveryView only(JobId id) {
    var all = deliveries(id);
    assertThat(all).hasSize(1);
    return all.getFirst();
  }

  private static List<DeliveryView> awaitEnded(JobId id, int count) {
    return await()
        .atMost(BOUND)
        .until(
            () -> deliveries(id),
            all ->
                all.size() == count
                    && all.stream().noneMatch(view -> view.state() == DeliveryState.PENDING));
  }

  private static List<DeliveryView> deliveries(JobId id) {
    jobs.awaitFinal(id);
    var all = DeliveryFilter.of(TENANT);
    var ofJob = new DeliveryFilter(TENANT, all.states(), null, id, null, null, null);
    var found = views.next(ofJob, Direction.NEWEST_FIRST, null, 10, Duration.ofSeconds(1));
    return views.find(TENANT, found.ids());
  }
}
