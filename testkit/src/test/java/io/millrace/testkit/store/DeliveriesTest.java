package io.millrace.testkit.store;

import static io.millrace.testkit.JobFixture.job;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.db.job.JobWalk.Direction;
import io.millrace.db.job.Settlement.Effect.Requeue;
import io.millrace.db.limit.PoolPauses;
import io.millrace.db.webhook.AttemptRecord;
import io.millrace.db.webhook.AttemptRecord.Call;
import io.millrace.db.webhook.AttemptRecord.Effect;
import io.millrace.db.webhook.AttemptRecord.Effect.Delivered;
import io.millrace.db.webhook.AttemptRecord.Effect.Failed;
import io.millrace.db.webhook.AttemptRecord.Effect.Gone;
import io.millrace.db.webhook.AttemptRecord.Effect.Retry;
import io.millrace.db.webhook.AttemptRecord.Strain;
import io.millrace.db.webhook.ClaimedDelivery;
import io.millrace.db.webhook.Deliveries;
import io.millrace.db.webhook.DeliveryDepths;
import io.millrace.db.webhook.DeliveryFilter;
import io.millrace.db.webhook.DeliveryView;
import io.millrace.db.webhook.DeliveryViews;
import io.millrace.db.webhook.Endpoint;
import io.millrace.db.webhook.EndpointFields;
import io.millrace.db.webhook.Endpoints;
import io.millrace.db.webhook.Replays;
import io.millrace.db.webhook.Secrets;
import io.millrace.delivery.DeliveryError;
import io.millrace.delivery.DeliveryId;
import io.millrace.delivery.DeliveryState;
import io.millrace.delivery.EndpointId;
import io.millrace.delivery.EndpointState;
import io.millrace.job.JobId;
import io.millrace.testkit.DeliveryTime;
import io.millrace.testkit.JobFixture;
import io.millrace.testkit.PostgresExtension;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What is to be delivered: made with each job's end, claimed fairly, held under a fence. */
class DeliveriesTest {

  private static final Duration LEASE = Duration.ofSeconds(30);
  private static final Duration HOUR = Duration.ofHours(1);
  private static final Strain OVERWHELMED = new Strain(true, Duration.ZERO);

  @RegisterExtension final PostgresExtension postgres = PostgresExtension.shared();

  private final UUID worker = UUID.randomUUID();
  private Stores stores;
  private Deliveries deliveries;
  private DeliveryViews views;
  private Endpoints endpoints;
  private Replays replays;

  @BeforeEach
  void aTenant() {
    var database = postgres.database();
    database.dsl().execute("insert into tenant (name) values ('acme'), ('other')");
    stores = Stores.on(database);
    deliveries = new Deliveries(database, Duration.ofDays(5));
    views = new DeliveryViews(database);
    endpoints = new Endpoints(database, new Secrets(database));
    replays = new Replays(database);
  }

  @Test
  void everyWayToAnEndMakesItsDelivery() {
    endpoint(1, "job.succeeded", "job.failed", "job.canceled", "job.expired");
    var succeeded = stores.claimed(job());
    stores.settle(succeeded, Calls.succeeded(succeeded, 1, "0.1"), Calls.ANSWERED);
    var canceled = job().submit(postgres.database());
    stores.cancel(canceled);
    var expired = job().submit(postgres.database());
    stores.shift(expired, "expires_at", Duration.ofDays(-2));
    stores.queued().expire(100);
    var canceledLate = stores.claimed(job());
    stores.cancel(canceledLate.id());
    stores.settle(canceledLate, null, new Requeue(Duration.ZERO));

    assertThat(types(succeeded.id())).containsExactly("job.succeeded");
    assertThat(types(canceled)).containsExactly("job.canceled");
    assertThat(types(expired)).containsExactly("job.expired");
    assertThat(types(canceledLate.id())).containsExactly("job.canceled");

    stores.replay(canceled);
    stores.cancel(canceled);
    assertThat(types(canceled)).as("each series").hasSize(2);
  }

  @Test
  void onlyWhoAskedForItIsTold() {
    var all = endpoint(1, "job.canceled");
    var other = endpoint(2, "job.canceled");
    endpoint(1, "job.failed");
    var featured = create(1, fields("job.canceled").features(List.of("summaries"))).id();
    var batch = create(1, fields("job.canceled").includeBatchItems(true)).id();

    assertThat(told(job())).containsOnly(all.uuid(), batch.uuid());
    assertThat(told(job().feature("summaries")))
        .containsOnly(all.uuid(), batch.uuid(), featured.uuid());
    assertThat(told(job().batch(UUID.randomUUID()))).containsOnly(batch.uuid());
    assertThat(told(job().webhook("https://example.com/x")))
        .containsOnly(all.uuid(), batch.uuid(), null);
    assertThat(other).isNotNull();
  }

  @Test
  void whatAVersionBeforeDidNotSayIsLookedUp() {
    var id = job().webhook("https://example.com/x").submit(postgres.database());
    postgres.database().dsl().execute("update job set has_webhook = null");

    stores.cancel(id);

    assertThat(of(id)).hasSize(1);
  }

  @Test
  void urlsOfOneOriginShareAFateWithinATenant() {
    canceled("https://a.example/x?1");
    canceled("HTTPS://A.example/y");
    canceled("https://a.example:444/x");

    var claimed = claim(10, 10);

    assertThat(claimed.stream().map(ClaimedDelivery::destination).distinct()).hasSize(2);
  }

  @Test
  void aClaimIsHeldUntilItsLeaseIsOverAndThenFencedOut() {
    canceled("https://a.example/x");
    var first = claim(10, 10).getFirst();
    assertThat(claim(10, 10)).isEmpty();

    leaseIsOver();
    var second = claim(10, 10).getFirst();

    assertThat(second.id()).isEqualTo(first.id());
    assertThat(second.fence()).isGreaterThan(first.fence());
    assertThat(record(first, new Delivered())).isFalse();
    assertThat(view(first.id()).state()).isEqualTo(DeliveryState.PENDING);
    assertThat(record(second, new Delivered())).isTrue();
    assertThat(view(first.id()).state()).isEqualTo(DeliveryState.DELIVERED);
    assertThat(views.attempts(1, first.id())).hasSize(1);
    leaseIsOver();
    assertThat(claim(10, 10)).isEmpty();
  }

  @Test
  void aBacklogTakesNoMoreThanItsShareAndNoMoreThanItsPace() {
    var dead = endpoint(1, "job.canceled");
    cancel(job().submit(postgres.database(), 500));
    var alive = canceled("https://alive.example/x");

    var claimed = claim(20, 8);

    assertThat(claimed).hasSize(9);
    assertThat(claimed).filteredOn(one -> dead.uuid().equals(one.endpointId())).hasSize(8);
    assertThat(claimed).anyMatch(one -> alive.equals(one.jobId()) && one.endpointId() == null);
    assertThat(claim(20, 8))
        .as("as many are under way as may be")
        .filteredOn(one -> dead.uuid().equals(one.endpointId()))
        .isEmpty();
  }

  @Test
  void anOverwhelmedDestinationIsSparedMoreAndMoreAndRecovers() {
    endpoint(1, "job.canceled");
    cancel(job().submit(postgres.database(), 40));
    assertThat(pace()).isEqualTo(8);
    for (int expected : List.of(4, 2, 1)) {
      record(claim(1, 1).getFirst(), new Retry(HOUR, OVERWHELMED));
      secondPasses();
      assertThat(pace()).isEqualTo(expected);
    }
    record(claim(1, 1).getFirst(), new Delivered());
    assertThat(pace()).isEqualTo(4);
  }

  @Test
  void aDestinationThatAsksForAPauseIsLeftAlone() {
    canceled("https://a.example/1");
    canceled("https://a.example/2");
    var first = claim(1, 1).getFirst();

    record(first, new Retry(HOUR, new Strain(true, Duration.ofSeconds(30))));

    assertThat(claim(10, 10)).isEmpty();
    DeliveryTime.passes(postgres.database(), Duration.ofSeconds(31));
    assertThat(claim(10, 10)).hasSize(1);
  }

  @Test
  void whatFailedKeepsItsBodyForTheNextAttempt() {
    canceled("https://a.example/1");
    byte[] body = "{}".getBytes(StandardCharsets.UTF_8);
    var first = claim(1, 1).getFirst();
    assertThat(first.body()).isNull();

    record(first, body, new Retry(HOUR, Strain.NONE));
    DeliveryTime.passes(postgres.database(), HOUR);

    var second = claim(1, 1).getFirst();
    assertThat(second.body()).isEqualTo(body);
    assertThat(second.attempts()).isEqualTo(1);
    assertThat(second.tries()).isEqualTo(1);
    assertThat(view(second.id()).error()).isEqualTo(DeliveryError.HTTP_STATUS);
  }

  @Test
  void anEndpointIsDisabledAfterItsTimeOfNothingButFailure() {
    var endpoint = endpoint(1, "job.canceled");
    cancel(job().submit(postgres.database(), 5));
    record(claim(1, 1).getFirst(), new Retry(HOUR, Strain.NONE));
    DeliveryTime.passes(postgres.database(), Duration.ofDays(4));
    record(claim(1, 1).getFirst(), new Retry(HOUR, Strain.NONE));
    assertThat(state(endpoint)).isEqualTo(EndpointState.ACTIVE);
    DeliveryTime.passes(postgres.database(), Duration.ofDays(2));
    assertThat(state(endpoint)).as("nothing failed since").isEqualTo(EndpointState.ACTIVE);

    record(claim(1, 1).getFirst(), new Failed(Strain.NONE));

    assertThat(state(endpoint)).isEqualTo(EndpointState.DISABLED);
    assertThat(claim(10, 10)).as("held").isEmpty();
    assertThat(new DeliveryDepths(postgres.database()).disabled()).containsEntry("failing", 1L);
  }

  @Test
  void aSuccessBeginsTheTimeAnew() {
    var endpoint = endpoint(1, "job.canceled");
    cancel(job().submit(postgres.database(), 3));
    record(claim(1, 1).getFirst(), new Retry(HOUR, Strain.NONE));
    DeliveryTime.passes(postgres.database(), Duration.ofDays(6));
    record(claim(1, 1).getFirst(), new Delivered());

    record(claim(1, 1).getFirst(), new Retry(HOUR, Strain.NONE));

    assertThat(state(endpoint)).isEqualTo(EndpointState.ACTIVE);
  }

  @Test
  void workersWithCrossedOutcomesDoNotMeetInADeadlock() throws Exception {
    var one = endpoint(1, "job.canceled");
    var other = endpoint(1, "job.canceled");
    int rounds = 150;
    cancel(job().submit(postgres.database(), 2 * rounds));
    var all = claim(10_000, 10_000);
    long before = deadlocks();

    try (var workers = Executors.newFixedThreadPool(2)) {
      var well = workers.submit(() -> crossed(of(all, one), of(all, other), 0, rounds));
      var ill = workers.submit(() -> crossed(of(all, other), of(all, one), rounds, rounds));
      well.get(60, TimeUnit.SECONDS);
      ill.get(60, TimeUnit.SECONDS);
    }

    assertThat(deadlocks() - before).isZero();
  }

  private int crossed(List<ClaimedDelivery> well, List<ClaimedDelivery> ill, int from, int rounds) {
    for (int i = from; i < from + rounds; i++) {
      // As of endpoints of which nothing was heard for a while: both outcomes are news.
      postgres
          .database()
          .dsl()
          .execute(
              """
              with all_of_them as (select id from webhook_endpoint order by id for update)
              update webhook_endpoint e set failing_since = null, last_success_at = null
              from all_of_them a where a.id = e.id
              """);
      deliveries.record(
          List.of(
              new AttemptRecord(worker, well.get(i), null, null, new Delivered()),
              new AttemptRecord(worker, ill.get(i), null, null, new Retry(HOUR, OVERWHELMED))));
    }
    return rounds;
  }

  private static List<ClaimedDelivery> of(List<ClaimedDelivery> all, EndpointId endpoint) {
    return all.stream().filter(one -> endpoint.uuid().equals(one.endpointId())).toList();
  }

  private long deadlocks() {
    var dsl = postgres.database().dsl();
    dsl.execute("select pg_stat_force_next_flush()");
    return dsl.fetchSingle(
            "select deadlocks from pg_stat_database where datname = current_database()")
        .get(0, Long.class);
  }

  @Test
  void operatorsAreToldOfPausesAndOfEndpointsThatAreDisabled() {
    endpoint(2, "pool.paused", "pool.resumed", "endpoint.disabled");
    var tenants = endpoint(1, "job.canceled");
    var pauses = new PoolPauses(postgres.database());
    pauses.pause("haiku-5.5", "maintenance");
    pauses.pause("haiku-5.5", "again");
    pauses.fault("haiku-5.5", "billing", Duration.ZERO);
    pauses.resume("haiku-5.5");
    pauses.faultOver("haiku-5.5");
    cancel(job().submit(postgres.database(), 1));
    record(claimOf(tenants), new Gone(HOUR));

    var told = claim(20, 20);

    assertThat(told.stream().map(ClaimedDelivery::eventType))
        .containsExactlyInAnyOrder(
            "pool.paused", "pool.paused", "pool.resumed", "pool.resumed", "endpoint.disabled");
    assertThat(told)
        .allSatisfy(one -> assertThat(one.tenantId()).isEqualTo(2))
        .anySatisfy(one ->
            assertThat(new String(one.body(), StandardCharsets.UTF_8))
                .contains("\"maintenance\"", "\"manual\"", "\"haiku-5.5\""))
        .anySatisfy(one ->
            assertThat(new String(one.body(), StandardCharsets.UTF_8))
                .contains(tenants.toString(), "\"gone\"", "\"acme\""));
  }

  @Test
  void whatADisabledEndpointMissedIsKeptAndReplayed() {
    var endpoint = endpoint(1, "job.canceled");
    cancel(job().submit(postgres.database(), 1));
    record(claim(1, 1).getFirst(), new Gone(HOUR));
    cancel(job().submit(postgres.database(), 3));

    var missed = find(filter(EnumSet.of(DeliveryState.MISSED), endpoint.uuid(), null));
    assertThat(missed).hasSize(3);
    assertThat(claim(10, 10)).isEmpty();
    endpoints.resume(1, endpoint);
    assertThat(replays.replay(2, missed)).as("of another tenant").isEmpty();
    assertThat(replays.replay(1, missed)).hasSize(3);

    assertThat(claim(10, 10)).hasSize(3);
    assertThat(replays.replay(1, missed)).as("under way already").hasSize(3);
    assertThat(claim(10, 10)).isEmpty();
  }

  @Test
  void listsNarrowByEndpointJobStateTypeAndTime() {
    var endpoint = endpoint(1, "job.canceled");
    var ids = job().webhook("https://a.example/1").submit(postgres.database(), 30);
    cancel(ids);
    record(claimOf(endpoint), new Failed(Strain.NONE));
    var everything = EnumSet.allOf(DeliveryState.class);

    assertThat(find(filter(everything, null, null))).hasSize(60);
    assertThat(find(filter(everything, endpoint.uuid(), null))).hasSize(30);
    assertThat(find(filter(everything, null, ids.getFirst()))).hasSize(2);
    assertThat(find(filter(EnumSet.of(DeliveryState.FAILED), null, null))).hasSize(1);
    assertThat(find(filter(EnumSet.of(DeliveryState.PENDING), null, null))).hasSize(59);
    var later = Instant.now().plus(1, ChronoUnit.HOURS);
    assertThat(find(new DeliveryFilter(1, everything, null, null, "job.canceled", null, later)))
        .hasSize(60);
    assertThat(find(new DeliveryFilter(1, everything, null, null, null, later, null))).isEmpty();
    assertThat(find(new DeliveryFilter(1, everything, null, null, "job.failed", null, null)))
        .isEmpty();
    assertThat(find(DeliveryFilter.of(2))).isEmpty();
    var page = views.next(DeliveryFilter.of(1), Direction.NEWEST_FIRST, null, 7, HOUR);
    assertThat(page.ids()).hasSize(7).isSortedAccordingTo((a, b) -> b.compareTo(a));
    assertThat(page.reached()).isEqualTo(page.ids().getLast());
  }

  @Test
  void whatIsPendingOfADeletedEndpointIsDropped() {
    var endpoint = endpoint(1, "job.canceled");
    cancel(job().submit(postgres.database(), 5));
    endpoints.delete(1, endpoint);

    assertThat(claim(10, 10)).isEmpty();
    assertThat(deliveries.drop(3)).isEqualTo(3);
    assertThat(deliveries.drop(3)).isEqualTo(2);

    var dropped = find(filter(EnumSet.of(DeliveryState.DROPPED), null, null));
    assertThat(dropped).hasSize(5);
    assertThat(replays.replay(1, dropped)).isEmpty();
    assertThat(new DeliveryDepths(postgres.database()).pending()).isZero();
  }

  @Test
  void idsLookOutsideAsTheDatabaseWritesThem() {
    var id = UUID.randomUUID();

    var written =
        postgres
            .database()
            .dsl()
            .fetchSingle("select wire_id('msg_', '" + id + "'::uuid)")
            .get(0, String.class);

    assertThat(written).isEqualTo(new DeliveryId(id).toString());
    assertThat(DeliveryId.parse(written)).contains(new DeliveryId(id));
  }

  private EndpointId endpoint(int tenant, String... types) {
    return create(tenant, fields(types)).id();
  }

  private Endpoint create(int tenant, EndpointFields fields) {
    return endpoints.create(tenant, fields, "hmac", new byte[32]).orElseThrow();
  }

  private static EndpointFields fields(String... types) {
    return new EndpointFields().url("https://hooks.example/in").eventTypes(List.of(types));
  }

  private JobId canceled(String url) {
    var id = job().webhook(url).submit(postgres.database());
    stores.cancel(id);
    return id;
  }

  private void cancel(List<JobId> ids) {
    stores.owned().cancel(1, ids);
  }

  private Set<UUID> told(JobFixture fixture) {
    var id = fixture.submit(postgres.database());
    stores.cancel(id);
    return of(id).stream().map(DeliveryView::endpointId).collect(Collectors.toSet());
  }

  private List<String> types(JobId id) {
    return of(id).stream().map(DeliveryView::eventType).toList();
  }

  private List<DeliveryView> of(JobId id) {
    return views.find(1, find(filter(EnumSet.allOf(DeliveryState.class), null, id)));
  }

  private static DeliveryFilter filter(Set<DeliveryState> states, UUID endpoint, JobId id) {
    return new DeliveryFilter(1, states, endpoint, id, null, null, null);
  }

  private List<DeliveryId> find(DeliveryFilter filter) {
    return views.next(filter, Direction.NEWEST_FIRST, null, 1_000, HOUR).ids();
  }

  private List<ClaimedDelivery> claim(int most, int each) {
    return deliveries.claim(worker, most, each, LEASE);
  }

  private ClaimedDelivery claimOf(EndpointId endpoint) {
    var all = claim(1_000, 1_000);
    var its = all.stream().filter(one -> endpoint.uuid().equals(one.endpointId())).findFirst();
    deliveries.giveBack(all.stream().filter(one -> !one.equals(its.orElseThrow())).toList());
    return its.orElseThrow();
  }

  /** How many of one destination may be under way; none is afterwards. */
  private int pace() {
    var all = claim(1_000, 8);
    deliveries.giveBack(all);
    return all.size();
  }

  private void leaseIsOver() {
    postgres
        .database()
        .dsl()
        .execute("update delivery_pending set due_at = due_at - interval '31 s'");
  }

  private void secondPasses() {
    postgres
        .database()
        .dsl()
        .execute("update delivery_pace set changed_at = changed_at - interval '1 s'");
  }

  private boolean record(ClaimedDelivery delivery, Effect effect) {
    return record(delivery, null, effect);
  }

  private boolean record(ClaimedDelivery delivery, byte[] body, Effect effect) {
    boolean delivered = effect instanceof Delivered;
    var call =
        new Call(
            Instant.now(),
            Instant.now(),
            delivered ? 200 : 500,
            delivered ? null : DeliveryError.HTTP_STATUS,
            "ok");
    return deliveries
        .record(List.of(new AttemptRecord(worker, delivery, call, body, effect)))
        .getFirst();
  }

  private DeliveryView view(DeliveryId id) {
    return views.find(1, id).orElseThrow();
  }

  private EndpointState state(EndpointId id) {
    return endpoints.find(1, id).orElseThrow().state();
  }
}
