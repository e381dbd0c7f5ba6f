package io.millrace.worker.quota;

import static io.millrace.testkit.JobFixture.job;
import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.db.job.Claims;
import io.millrace.db.job.Claims.Claimed;
import io.millrace.db.job.Releases;
import io.millrace.db.job.Releases.Pick;
import io.millrace.db.job.Releases.Queue;
import io.millrace.db.job.Releases.Released;
import io.millrace.db.job.Settlement;
import io.millrace.db.job.Settlement.Call;
import io.millrace.db.job.Settlement.Charge;
import io.millrace.db.job.Settlement.Effect;
import io.millrace.db.job.Settlement.Effect.Finish;
import io.millrace.db.job.Settlement.Effect.Requeue;
import io.millrace.db.job.Settlements;
import io.millrace.db.quota.QuotaBuckets;
import io.millrace.db.tenant.Tenants;
import io.millrace.db.worker.Workers;
import io.millrace.job.JobId;
import io.millrace.job.JobState;
import io.millrace.job.Lane;
import io.millrace.job.ReleasedJob;
import io.millrace.money.Usage;
import io.millrace.telemetry.Metric;
import io.millrace.testkit.Invariants;
import io.millrace.testkit.JobFixture;
import io.millrace.testkit.PostgresExtension;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class QuotasTest {

  @RegisterExtension final PostgresExtension postgres = PostgresExtension.shared();

  private static final Duration SWEEP = Duration.ofMinutes(10);
  private static final Duration LATER = Duration.ofSeconds(5);
  private static final String RAW_USAGE =
      """
      {"input_tokens": 5, "output_tokens": 4, "cache_read_input_tokens": 900}
      """;
  private static final String POOL = "haiku-5.5";

  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private Releases releases;
  private QuotaBuckets buckets;
  private long nanos;
  private int acme;
  private int other;

  @BeforeEach
  void open() {
    releases = new Releases(postgres.database());
    buckets = new QuotaBuckets(postgres.database());
    acme = new Tenants(postgres.database()).ensure("acme");
    other = new Tenants(postgres.database()).ensure("other");
  }

  @AfterEach
  void invariantsHold() {
    Invariants.hold(postgres.database());
  }

  @Test
  void aUsersFloodDelaysNobodyElseAndKeepsToItsQuota() {
    var quotas = users(60);
    var flood = new HashSet<>(of("flood").submit(postgres.database(), 200));
    var others = of("quiet").submit(postgres.database(), 5);

    var first = ids(quotas.release(List.of(new Pick(queue(acme, Lane.STANDARD), 100)), SWEEP));

    assertThat(first).containsAll(others).hasSize(65);
    assertThat(delayed()).isEqualTo(140);
    assertThat(ready()).isZero();
    List<Integer> starts = new ArrayList<>(List.of(60));
    // Every five seconds for four minutes.
    for (int i = 0; i < 48; i++) {
      later();
      starts.add(round(quotas, 100).size());
    }
    assertThat(starts.stream().mapToInt(count -> count).sum()).isEqualTo(flood.size());
    for (int from = 0; from + 12 <= starts.size(); from++) {
      assertThat(starts.subList(from, from + 12).stream().mapToInt(count -> count).sum())
          .isLessThanOrEqualTo(60);
    }
    assertThat(delayed()).isLessThan(2.5 * 140);
  }

  @Test
  void usersOfOtherTenantsAndJobsOfNobodyAreFree() {
    var quotas = quotas(Map.of(), Map.of("acme", new Quota(1L, null)));
    of("one").submit(postgres.database(), 3);
    job().tenant(acme).submit(postgres.database(), 3);
    of("one").tenant(other).submit(postgres.database(), 3);

    var let =
        quotas.release(
            List.of(
                new Pick(queue(acme, Lane.STANDARD), 10),
                new Pick(queue(other, Lane.STANDARD), 10)),
            SWEEP);

    assertThat(let).hasSize(1 + 3 + 3);
    assertThat(delayed()).isEqualTo(2);
  }

  @Test
  void whatWasCountedIsNotCountedAgainUntilItHasCalled() {
    var quotas = users(1);
    var id = of("one").submit(postgres.database());
    assertThat(ids(round(quotas, 5))).containsExactly(id);

    // Kafka did not take its record; a worker gave it back.
    releases.takeBack(List.of(id));
    var again = round(quotas, 5);
    assertThat(ids(again)).containsExactly(id);
    var claimed = claim(again.getFirst());
    settle(claimed, null, new Requeue(Duration.ZERO));
    var third = round(quotas, 5);
    assertThat(ids(third)).containsExactly(id);

    var called = claim(third.getFirst());
    settle(called, call(null, "retryable"), new Requeue(Duration.ZERO));
    assertThat(round(quotas, 5)).isEmpty();
    assertThat(delayed()).isEqualTo(1);
  }

  @Test
  void aJobThatWaitsSaysSoAndNeverPastItsDeadline() {
    var quotas = users(1);
    var expires = Instant.now().plusSeconds(30).truncatedTo(ChronoUnit.MILLIS);
    of("one").submit(postgres.database());
    round(quotas, 5);
    var late = of("one").expiresAt(expires).submit(postgres.database());
    var patient = of("one").submit(postgres.database());
    round(quotas, 5);

    assertThat(column(late, "due_at", Instant.class)).isEqualTo(expires);
    assertThat(column(late, "quota_mark", Integer.class)).isEqualTo(-1);
    assertThat(column(patient, "due_at", Instant.class))
        .isBetween(Instant.now().plusSeconds(55), Instant.now().plusSeconds(62));
    assertThat(column(patient, "parked_until", Instant.class))
        .isEqualTo(column(patient, "due_at", Instant.class));
  }

  @Test
  void aTenantBeyondItsQuotaKeepsItsJobsInTheirOrder() {
    var quotas = quotas(Map.of("acme", new Quota(10L, null)), Map.of());
    job().tenant(acme).submit(postgres.database(), 30);
    job().tenant(other).submit(postgres.database(), 30);

    assertThat(round(quotas, 20)).hasSize(10 + 20);
    assertThat(ready()).isEqualTo(20 + 10);
    var urgent = job().tenant(acme).lane(Lane.INTERACTIVE).submit(postgres.database());
    assertThat(round(quotas, 20)).hasSize(10);
    for (int i = 0; i < 13; i++) {
      later();
    }

    var next = round(quotas, 1);
    assertThat(ids(next)).contains(urgent);
    assertThat(next).hasSize(2);
    assertThat(round(quotas, 20)).hasSize(8);
    assertThat(delayed()).isZero();
  }

  @Test
  void tokensAreCountedAsTheyTurnOutToBe() {
    // Each is estimated at its 25 tokens or so of input and 64 of output.
    var quotas =
        quotas(Map.of("acme", new Quota(null, 2_000L)), Map.of("acme", new Quota(null, 1_000L)));
    var use =
        new QuotaUse(
            new QuotaSettings(
                Map.of("acme", new Quota(null, 1L)), Map.of("acme", new Quota(1L, 1L))),
            buckets,
            meters);
    of("one").submit(postgres.database(), 100);
    int before = 0;
    for (int i = 0; i < 6; i++) {
      before += round(quotas, 100).size();
    }
    assertThat(before).isBetween(8, 13);

    var claimed = claimAll();
    assertThat(claimed).hasSize(before);
    for (var job : claimed) {
      settle(job, call(Usage.of(5, 4).withCache(0, 0, 900), "succeeded"), finish(), use);
    }
    use.tell();
    for (int i = 0; i < 13; i++) {
      later();
    }
    int after = 0;
    for (int i = 0; i < 4; i++) {
      later();
      after += round(quotas, 100).size();
    }

    assertThat(after).isGreaterThan(60);
  }

  @Test
  void turnsComeForwardWhenTheQuotaIsRaisedOrThoseBeforeAreGone() {
    of("one").submit(postgres.database(), 50);
    assertThat(round(users(1), 100)).hasSize(1);
    var raised = users(30);
    later();
    assertThat(round(raised, 100)).hasSize(29);

    postgres
        .database()
        .dsl()
        .execute(
            """
            update job set state = 'canceled', finished_at = now(), parked_until = null
            where state = 'queued' and released_at is null
            """);
    for (int i = 0; i < 14; i++) {
      later();
    }
    round(raised, 100);
    var latest = of("one").submit(postgres.database());
    assertThat(ids(round(raised, 100))).containsExactly(latest);
  }

  @Test
  void whereNoQuotaIsSetNothingIsWritten() {
    var quotas = quotas(Map.of(), Map.of());
    var id = of("one").submit(postgres.database());

    assertThat(ids(round(quotas, 5))).containsExactly(id);

    assertThat(column(id, "quota_mark", Integer.class)).isNull();
    assertThat(count("select count(*) from quota_bucket")).isZero();
  }

  @Test
  void bucketsOfThoseWhoStartNothingAreForgotten() {
    var quotas = users(1);
    of("gone").submit(postgres.database());
    of("waits").submit(postgres.database(), 3);
    round(quotas, 5);
    postgres
        .database()
        .dsl()
        .execute("update quota_bucket set touched_at = now() - interval '11 minutes'");

    assertThat(buckets.forget()).isEqualTo(1);
    assertThat(count("select count(*) from quota_bucket where user_id = 'waits'")).isEqualTo(1);
  }

  private Quotas users(long requests) {
    return quotas(Map.of(), Map.of("default", new Quota(requests, null)));
  }

  private Quotas quotas(Map<String, Quota> tenants, Map<String, Quota> users) {
    return new Quotas(new QuotaSettings(tenants, users), buckets, releases, () -> nanos, meters);
  }

  private JobFixture of(String user) {
    return job().tenant(acme).userId(user);
  }

  /** What a dispatcher does in a round, without the records. */
  private List<Released> round(Quotas quotas, int jobs) {
    quotas.advance();
    releases.ripen(1_000);
    var picks = releases.queues(100).stream().map(queue -> new Pick(queue, jobs)).toList();
    return picks.isEmpty() ? List.of() : quotas.release(picks, SWEEP);
  }

  /** Moves everything that has a time five seconds into the past. */
  private void later() {
    nanos += LATER.toNanos();
    var dsl = postgres.database().dsl();
    String by = "interval '" + LATER.toSeconds() + " seconds'";
    dsl.execute(
        "update job set parked_until = parked_until - "
            + by
            + ", due_at = due_at - "
            + by
            + " where released_at is null");
    dsl.execute(
        """
        update quota_bucket set far = far - 5000000, near = near - 5000000, front = front - 5000000,
          seconds = array(select second - 5 from unnest(seconds) as second)
        """);
  }

  private List<Claimed> claimAll() {
    var dsl = postgres.database().dsl();
    List<ReleasedJob> released = new ArrayList<>();
    for (var row : dsl.fetch("select id, claim_no from job where released_at is not null")) {
      released.add(
          new ReleasedJob(
              new JobId(row.get("id", UUID.class)), row.get("claim_no", Integer.class)));
    }
    return claim(released);
  }

  private Claimed claim(Released released) {
    return claim(List.of(released.job())).getFirst();
  }

  private List<Claimed> claim(List<ReleasedJob> released) {
    var worker = UUID.randomUUID();
    new Workers(postgres.database()).enter(worker, "worker", 100);
    return new Claims(postgres.database()).claim(worker, released, List.of());
  }

  private void settle(Claimed job, @Nullable Call call, Effect effect) {
    new Settlements(postgres.database()).settle(List.of(new Settlement(job, call, effect)));
  }

  private void settle(Claimed job, @Nullable Call call, Effect effect, QuotaUse use) {
    settle(job, call, effect);
    use.recorded(new Settlement(job, call, effect));
  }

  private static Effect finish() {
    return new Finish(JobState.SUCCEEDED, null, "{}".getBytes(StandardCharsets.UTF_8));
  }

  private static Call call(@Nullable Usage usage, String outcome) {
    var now = Instant.now();
    return new Call(
        1,
        "claude-haiku-5-5",
        outcome,
        null,
        null,
        usage == null ? 500 : 200,
        null,
        now,
        now,
        now,
        true,
        false,
        usage == null ? null : new Charge(false, usage, RAW_USAGE, null, null));
  }

  private double delayed() {
    return meters.counter(Metric.QUOTAS_DELAYED.meter()).count();
  }

  private long ready() {
    return count("select count(*) from job where state = 'queued' and parked_until is null");
  }

  private long count(String query) {
    return postgres.database().dsl().fetchSingle(query).get(0, Long.class);
  }

  private <T> T column(JobId id, String column, Class<T> type) {
    return postgres
        .database()
        .dsl()
        .fetchSingle("select " + column + " from job where id = ?", id.uuid())
        .get(column, type);
  }

  private static Queue queue(int tenant, Lane lane) {
    return new Queue(POOL, lane, tenant);
  }

  private static List<JobId> ids(List<Released> released) {
    return released.stream().map(job -> job.job().id()).toList();
  }
}
