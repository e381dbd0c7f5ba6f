package io.millrace.testkit.store;

import static io.millrace.testkit.JobFixture.job;
import static java.time.temporal.ChronoUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.assertj.core.api.Assertions.within;

import io.millrace.db.job.JobViews;
import io.millrace.db.job.Releases;
import io.millrace.db.job.Releases.Pick;
import io.millrace.db.job.Releases.Queue;
import io.millrace.db.tenant.Tenant;
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

/** Tenants, and what a pause does to their jobs. */
class TenantsTest {

  private static final Duration SWEEP = Duration.ofMinutes(1);

  @RegisterExtension final PostgresExtension postgres = PostgresExtension.shared();

  private Stores stores;
  private Tenants tenants;
  private int acme;
  private int rival;

  @BeforeEach
  void open() {
    stores = Stores.on(postgres.database());
    tenants = new Tenants(postgres.database());
    acme = tenants.ensure("acme");
    rival = tenants.ensure("rival");
  }

  @AfterEach
  void invariantsHold() {
    Invariants.hold(postgres.database());
  }

  @Test
  void thePagesOfTenantsMeetWithoutOverlap() {
    var staff = tenants.named("staff");
    assertThat(staff).isEmpty();
    tenants.ensure("staff");

    List<Tenant> first = tenants.latest(2);
    assertThat(first).extracting(Tenant::name).containsExactly("staff", "rival");
    assertThat(tenants.olderThan(first.getLast(), 2))
        .extracting(Tenant::name)
        .containsExactly("acme");
    Tenant oldest = tenants.named("acme").orElseThrow();
    assertThat(tenants.newerThan(oldest, 2))
        .extracting(Tenant::name)
        .containsExactly("staff", "rival");
    assertThat(tenants.newerThan(oldest, 1)).extracting(Tenant::name).containsExactly("rival");
  }

  @Test
  void aPauseLastsUntilItIsEnded() {
    Instant since = tenants.pause("acme").orElseThrow().pausedAt();

    assertThat(since).isNotNull();
    assertThat(tenants.pause("acme").orElseThrow().pausedAt()).isEqualTo(since);
    assertThat(tenants.named("rival").orElseThrow().pausedAt()).isNull();
    assertThat(tenants.resume("acme").orElseThrow().pausedAt()).isNull();
    assertThat(tenants.resume("acme").orElseThrow().pausedAt()).isNull();
    assertThat(tenants.pause("nobody")).isEmpty();
    assertThat(tenants.resume("nobody")).isEmpty();
  }

  @Test
  void onlyTheOthersAreDispatched() {
    job().tenant(acme).submit(postgres.database(), 3);
    job().tenant(rival).submit(postgres.database(), 3);

    tenants.pause("acme");
    assertThat(stores.releases().queues(1)).containsExactly(queue(rival));

    tenants.resume("acme");
    assertThat(stores.releases().queues(9)).containsExactly(queue(acme), queue(rival));
  }

  @Test
  void whatWasReleasedComesBackAndLeavesItsRoomToOthers() {
    var mine = job().tenant(acme).submit(postgres.database());
    var theirs = job().tenant(rival).submit(postgres.database());
    stores.releases().release(List.of(new Pick(queue(acme), 1), new Pick(queue(rival), 1)), SWEEP);

    tenants.pause("acme");

    assertThat(stores.job(mine).get("released_at")).isNull();
    assertThat(stores.job(theirs).get("released_at")).isNotNull();
    assertThat(stores.releases().outstanding())
        .extracting(Releases.Outstanding::pool, Releases.Outstanding::jobs)
        .containsExactly(tuple("haiku-5.5", 1));
  }

  @Test
  void anInvitationToAPausedTenantsJobLeavesItQueued() {
    var id = job().tenant(acme).submit(postgres.database());
    var invitation = stores.invitation(id);
    var worker = stores.worker();
    tenants.pause("acme");
    // Let go by a dispatcher that had looked before the pause.
    stores.releases().release(List.of(new Pick(queue(acme), 1)), SWEEP);

    assertThat(stores.claims().claim(worker, List.of(invitation), List.of())).isEmpty();
    assertThat(stores.state(id)).isEqualTo(JobState.QUEUED);

    tenants.resume("acme");
    assertThat(stores.claims().claim(worker, List.of(invitation), List.of())).hasSize(1);
  }

  @Test
  void aRunningJobOfAPausedTenantFinishes() {
    var job = stores.claimed(job().tenant(acme));

    tenants.pause("acme");

    assertThat(stores.claims().markSending(List.of(job.fence()))).containsExactly(job.id());
    stores.settle(job, Calls.succeeded(job, 1, "0.1"), Calls.ANSWERED);
    assertThat(stores.state(job.id())).isEqualTo(JobState.SUCCEEDED);
  }

  @Test
  void aDefaultedDeadlineIsPutOffByThePause() {
    var id = job().tenant(acme).submit(postgres.database());
    aged(id, Duration.ofHours(20), Duration.ofHours(4));
    paused(Duration.ofHours(18), Duration.ofHours(3));

    var claimed = stores.claim(stores.worker(), id);

    // Paused 18 hours ago for 15 hours; 4 were left.
    assertThat(claimed.untilExpiry()).isBetween(Duration.ofMinutes(1139), Duration.ofHours(19));
  }

  @Test
  void aDefaultedDeadlineDoesNotPassWhileThePauseLasts() {
    var id = job().tenant(acme).submit(postgres.database());
    aged(id, Duration.ofHours(24), Duration.ofHours(-1));
    paused(Duration.ofHours(3), null);

    assertThat(stores.queued().expire(10))
        .extracting(met -> met.state())
        .containsExactly(JobState.QUEUED);
    // Two hours were left when the pause began.
    assertThat(expiry(id)).isCloseTo(Instant.now().plus(Duration.ofHours(2)), within(60, SECONDS));
    assertThat(stores.queued().expire(10)).isEmpty();

    tenants.resume("acme");
    stores.shift(id, "expires_at", Duration.ofHours(-3));
    stores.shift(id, "pauses_counted_to", Duration.ofSeconds(1));
    assertThat(stores.queued().expire(10))
        .extracting(met -> met.state())
        .containsExactly(JobState.EXPIRED);
  }

  @Test
  void aJobAboutToExpireIsNotMetEverySecondOfAPause() {
    var id = job().tenant(acme).submit(postgres.database());
    aged(id, Duration.ofHours(1), Duration.ofSeconds(-1));
    paused(Duration.ofSeconds(2), null);

    stores.queued().expire(10);

    assertThat(expiry(id)).isCloseTo(Instant.now().plus(Duration.ofHours(1)), within(60, SECONDS));
  }

  @Test
  void aDeadlineThatWasGivenHolds() {
    var id =
        job().tenant(acme).expiresAt(Instant.now().plusSeconds(600)).submit(postgres.database());
    aged(id, Duration.ofHours(1), Duration.ofSeconds(-1));
    paused(Duration.ofMinutes(50), null);

    stores.queued().expire(10);

    assertThat(stores.state(id)).isEqualTo(JobState.EXPIRED);
  }

  @Test
  void aPausedTenantsJobSaysSo() {
    var id = job().tenant(acme).submit(postgres.database());
    var views = new JobViews(postgres.database());
    assertThat(views.find(acme, id).orElseThrow().paused()).isFalse();

    tenants.pause("acme");

    assertThat(views.find(acme, id).orElseThrow().paused()).isTrue();
  }

  private static Queue queue(int tenant) {
    return new Queue("haiku-5.5", Lane.STANDARD, tenant);
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

  /** Has acme paused that long ago and, if so, resumed that long ago. */
  private void paused(Duration from, Duration to) {
    postgres
        .database()
        .dsl()
        .execute(
            "insert into tenant_pause values (?, now() - ? * interval '1 s', now() - ?::bigint * interval '1 s')",
            acme,
            from.toSeconds(),
            to == null ? null : to.toSeconds());
  }
}
