package io.millrace.testkit.store;

import static io.millrace.testkit.JobFixture.job;
import static java.time.temporal.ChronoUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.millrace.db.job.Fallbacks;
import io.millrace.db.job.JobViews;
import io.millrace.db.job.Releases.Pick;
import io.millrace.db.job.Releases.Queue;
import io.millrace.db.job.Settlement.Effect.Requeue;
import io.millrace.db.limit.PoolPauses;
import io.millrace.db.tenant.Tenants;
import io.millrace.job.JobId;
import io.millrace.job.JobState;
import io.millrace.job.Lane;
import io.millrace.testkit.Invariants;
import io.millrace.testkit.PostgresExtension;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What a pause of a pool does to its jobs, by whomever it is. */
class PausedPoolsTest {

  private static final String POOL = "haiku-5.5";
  private static final String OTHER = "opus-5.5";

  @RegisterExtension final PostgresExtension postgres = PostgresExtension.shared();

  private Stores stores;
  private PoolPauses pauses;
  private int acme;

  @BeforeEach
  void open() {
    stores = Stores.on(postgres.database());
    pauses = new PoolPauses(postgres.database());
    acme = new Tenants(postgres.database()).ensure("acme");
  }

  @AfterEach
  void invariantsHold() {
    Invariants.hold(postgres.database());
  }

  @Test
  void onlyJobsOfOtherPoolsAreDispatched() {
    var queue = queueOf(POOL);
    var other = queueOf(OTHER);

    pauses.pause(POOL, "maintenance");
    assertThat(stores.releases().queues(1)).containsExactly(other);

    pauses.resume(POOL);
    assertThat(stores.releases().queues(9)).containsExactly(queue, other);
  }

  @Test
  void aPoolThatThePlatformPausedStaysListedForItsProbes() {
    var queue = queueOf(POOL);

    pauses.fault(POOL, "billing_error", Duration.ZERO);

    assertThat(stores.releases().queues(9)).containsExactly(queue);
    assertThat(stores.claim(stores.worker(), submit()).pool()).isEqualTo(POOL);
  }

  @Test
  void whatWasReleasedComesBackAndIsNotClaimed() {
    var id = submit();
    var invitation = stores.invitation(id);
    stores.releases().release(List.of(new Pick(queue(POOL), 1)), Duration.ofMinutes(1));

    pauses.pause(POOL, "maintenance");

    assertThat(stores.job(id).get("released_at")).isNull();
    assertThat(stores.claims().claim(stores.worker(), List.of(invitation), List.of())).isEmpty();
    assertThat(stores.state(id)).isEqualTo(JobState.QUEUED);
    pauses.resume(POOL);
    assertThat(stores.claims().claim(stores.worker(), List.of(invitation), List.of())).hasSize(1);
  }

  @Test
  void aDefaultedDeadlineIsPutOffByPausesOfBothKinds() {
    var id = submit();
    aged(id, Duration.ofHours(20), Duration.ofHours(4));
    poolPaused("manual", 18, 15);
    poolPaused("platform", 10, 8);

    assertThat(stores.claim(stores.worker(), id).untilExpiry())
        .isCloseTo(Duration.ofHours(9), Duration.ofMinutes(1));
  }

  @Test
  void timeInWhichTenantAndPoolWerePausedCountsOnce() {
    var id = submit();
    aged(id, Duration.ofHours(20), Duration.ofHours(4));
    poolPaused("manual", 18, 12);
    poolPaused("platform", 13, 11);
    tenantPaused(15, 9);
    tenantPaused(3, 2);

    // From 18 to 9 hours ago, and an hour later on.
    assertThat(stores.claim(stores.worker(), id).untilExpiry())
        .isCloseTo(Duration.ofHours(14), Duration.ofMinutes(1));
  }

  @Test
  void aPauseCountsOnlyOnce() {
    var id = submit();
    aged(id, Duration.ofHours(20), Duration.ofHours(4));
    poolPaused("manual", 18, 15);

    var first = stores.claim(stores.worker(), id);
    stores.settle(first, Calls.overloaded(first, 1), new Requeue(Duration.ZERO));

    assertThat(stores.claim(stores.worker(), id).untilExpiry())
        .isCloseTo(Duration.ofHours(7), Duration.ofMinutes(1));
  }

  @Test
  void theDeadlineDoesNotPassWhileThePoolIsPaused() {
    for (String kind : List.of("manual", "platform")) {
      var id = submit();
      aged(id, Duration.ofHours(24), Duration.ofHours(-1));
      postgres.database().dsl().execute("delete from pool_pause");
      poolPaused(kind, 3, null);

      assertThat(stores.queued().expire(10))
          .extracting(met -> met.state())
          .containsExactly(JobState.QUEUED);
      // Two hours were left when the pause began.
      assertThat(expiry(id))
          .isCloseTo(Instant.now().plus(Duration.ofHours(2)), within(60, SECONDS));
      assertThat(stores.queued().expire(10)).isEmpty();
    }
  }

  @Test
  void thePauseOfThePoolThatAJobLeavesCounts() {
    var id = job().tenant(acme).pool(POOL).fallbacks("opus").submit(postgres.database());
    aged(id, Duration.ofHours(20), Duration.ofHours(4));
    poolPaused("platform", 5, null);

    new Fallbacks(postgres.database())
        .move(POOL, List.of(new Fallbacks.Move(id, "opus", OTHER, 1)), Fallbacks.Reason.PAUSED);

    assertThat(stores.claim(stores.worker(), id).untilExpiry())
        .isCloseTo(Duration.ofHours(9), Duration.ofMinutes(1));
  }

  @Test
  void anotherPoolsPauseAndADeadlineThatWasGivenChangeNothing() {
    poolPaused("manual", 3, null);
    var elsewhere = job().tenant(acme).pool(OTHER).submit(postgres.database());
    aged(elsewhere, Duration.ofHours(24), Duration.ofHours(-1));
    var given =
        job()
            .tenant(acme)
            .pool(POOL)
            .expiresAt(Instant.now().plusSeconds(9))
            .submit(postgres.database());
    aged(given, Duration.ofHours(24), Duration.ofHours(-1));

    stores.queued().expire(10);

    assertThat(stores.state(elsewhere)).isEqualTo(JobState.EXPIRED);
    assertThat(stores.state(given)).isEqualTo(JobState.EXPIRED);
  }

  @Test
  void aJobOfAPausedPoolSaysSo() {
    var id = submit();
    var views = new JobViews(postgres.database());
    assertThat(views.find(acme, id).orElseThrow().paused()).isFalse();

    pauses.fault(POOL, "billing_error", Duration.ZERO);

    assertThat(views.find(acme, id).orElseThrow().paused()).isTrue();
  }

  private JobId submit() {
    return job().tenant(acme).pool(POOL).submit(postgres.database());
  }

  private Queue queueOf(String pool) {
    job().tenant(acme).pool(pool).submit(postgres.database());
    return queue(pool);
  }

  private Queue queue(String pool) {
    return new Queue(pool, Lane.STANDARD, acme);
  }

  private Instant expiry(JobId id) {
    return stores.job(id).get("expires_at", OffsetDateTime.class).toInstant();
  }

  /** Makes the job as old as that, with so much time left. */
  private void aged(JobId id, Duration age, Duration left) {
    postgres
        .database()
        .dsl()
        .execute(
            "update job set created_at = now() - ? * interval '1 s', expires_at = now() + ? * interval '1 s' where id = ?",
            age.toSeconds(),
            left.toSeconds(),
            id.uuid());
  }

  /** Has the pool paused that many hours ago and, if so, resumed that many hours ago. */
  private void poolPaused(String kind, int from, Integer to) {
    postgres
        .database()
        .dsl()
        .execute(
            """
            insert into pool_pause (pool, kind, reason, paused_at, resumed_at, probe_at, probe_delay_ms)
            select ?, kind, 'x', now() - ? * interval '1 hour', now() - ?::integer * interval '1 hour',
              case when kind = 'platform' then now() end, case when kind = 'platform' then 5000 end
            from (select ?::text as kind) as given
            """,
            POOL,
            from,
            to,
            kind);
  }

  private void tenantPaused(int from, int to) {
    postgres
        .database()
        .dsl()
        .execute(
            "insert into tenant_pause values (?, now() - ? * interval '1 hour', now() - ? * interval '1 hour')",
            acme,
            from,
            to);
  }
}
