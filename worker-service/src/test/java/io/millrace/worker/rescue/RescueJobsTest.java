package io.millrace.worker.rescue;

import static io.millrace.testkit.JobFixture.job;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.claude.retry.RetryPolicy;
import io.millrace.claude.retry.RetrySettings;
import io.millrace.db.job.Claims;
import io.millrace.db.job.HeldJobs;
import io.millrace.db.job.JobView;
import io.millrace.db.job.JobViews;
import io.millrace.db.job.Settlements;
import io.millrace.db.job.TenantJobs;
import io.millrace.db.worker.Workers;
import io.millrace.job.JobId;
import io.millrace.job.JobState;
import io.millrace.job.ReleasedJob;
import io.millrace.model.ModelCatalogue;
import io.millrace.testkit.Invariants;
import io.millrace.testkit.JobFixture;
import io.millrace.testkit.MutableClock;
import io.millrace.testkit.PostgresExtension;
import io.millrace.worker.events.JobEvents;
import io.millrace.worker.execute.CallRows;
import io.millrace.worker.execute.Judgement;
import io.millrace.worker.execute.RecordOutcome;
import io.millrace.worker.lease.LeaseSettings;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import org.jooq.exception.DataAccessException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.springframework.kafka.core.DefaultKafkaProducerFactory;
import org.springframework.kafka.core.KafkaTemplate;

class RescueJobsTest {

  private static final LeaseSettings LEASE = new LeaseSettings(Duration.ofSeconds(3));

  @RegisterExtension final PostgresExtension postgres = PostgresExtension.shared();

  private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 1_000);
  private boolean beating = true;
  private Duration aGlanceTakes = Duration.ZERO;
  private Workers workers;
  private Claims claims;
  private RecordOutcome recorder;
  private RescueJobs rescue;

  @BeforeEach
  void open() {
    var database = postgres.database();
    var meters = new SimpleMeterRegistry();
    var clock = MutableClock.at(Instant.parse("2026-11-20T12:00:00Z"));
    // Nothing is published: the events' loop is not started.
    var kafka = new KafkaTemplate<>(new DefaultKafkaProducerFactory<String, byte[]>(Map.of()));
    workers = new Workers(database);
    claims = new Claims(database);
    recorder =
        new RecordOutcome(
            new Settlements(database),
            new JobEvents(kafka, clock, meters),
            settlement -> {},
            meters,
            new Random(1));
    rescue =
        new RescueJobs(
            workers,
            new HeldJobs(database),
            new CallRows(ModelCatalogue.bundled(), meters, clock),
            new Judgement(
                new RetryPolicy(RetrySettings.DEFAULTS), Duration.ofSeconds(2), new Random(1)),
            recorder,
            new RescueJobs.Times(
                LEASE, Duration.ofSeconds(20), clock, this::nanoTime, () -> beating),
            meters);
  }

  @AfterEach
  void close() {
    recorder.close();
    Invariants.hold(postgres.database());
  }

  @Test
  void aWorkerIsLostAfterAFullLeaseOfWatchedSilence() {
    var id = held(job());
    rescue.once();

    watch(3_000);
    assertThat(view(id).state()).isEqualTo(JobState.RUNNING);
    watch(600);

    assertThat(view(id).state()).isEqualTo(JobState.QUEUED);
    assertThat(workers.all().getFirst().lost()).isTrue();
  }

  @Test
  void aWorkerWhoseHeartBeatsKeepsItsJobs() {
    var id = held(job());
    var worker = workers.all().getFirst().id();

    for (int i = 0; i < 10; i++) {
      watch(1_800);
      assertThat(workers.heartbeat(worker, 1, false)).isTrue();
    }

    assertThat(view(id).state()).isEqualTo(JobState.RUNNING);
  }

  @Test
  void aTimeInWhichNobodyLookedCountsForNothing() {
    var id = held(job());
    rescue.once();
    watch(2_400);
    advance(60_000);
    rescue.once();

    watch(2_400);
    assertThat(view(id).state()).isEqualTo(JobState.RUNNING);
    watch(1_200);
    assertThat(view(id).state()).isEqualTo(JobState.QUEUED);
  }

  @Test
  void aTimeInWhichPostgresCouldNotBeReachedCountsForNothing() throws Exception {
    var id = held(job());
    rescue.once();
    watch(1_200);
    allowConnections(false);
    for (int i = 0; i < 3; i++) {
      advance(1_000);
      assertThatThrownBy(rescue::once).isInstanceOf(DataAccessException.class);
    }
    allowConnections(true);
    advance(600);
    rescue.once();

    assertThat(view(id).state()).isEqualTo(JobState.RUNNING);
    watch(2_400);
    assertThat(view(id).state()).isEqualTo(JobState.RUNNING);
    watch(1_200);
    assertThat(view(id).state()).isEqualTo(JobState.QUEUED);
  }

  @Test
  void nobodyIsLostWhileTheStoreTakesNoHeartbeats() {
    var id = held(job());
    rescue.once();
    beating = false;
    watch(6_000);
    beating = true;
    watch(2_400);
    assertThat(view(id).state()).isEqualTo(JobState.RUNNING);

    watch(1_800);

    assertThat(view(id).state()).isEqualTo(JobState.QUEUED);
  }

  @Test
  void silenceCountsFromTheEndOfTheLookThatSawTheHeartbeat() {
    aGlanceTakes = Duration.ofMillis(300);
    var id = held(job());
    rescue.once();
    long seen = nanos.get() - aGlanceTakes.toNanos();

    for (int i = 0; i < 20 && view(id).state() == JobState.RUNNING; i++) {
      advance(600);
      rescue.once();
    }

    long declaredBefore = nanos.get() - 2 * aGlanceTakes.toNanos();
    assertThat(view(id).state()).isEqualTo(JobState.QUEUED);
    assertThat(declaredBefore - seen).isGreaterThan(LEASE.lease().toNanos());
  }

  @Test
  void aCallThatMayHaveBeenUnderWayIsWrittenDownAsAmbiguous() {
    var id = held(job());

    loseTheWorker();

    var view = view(id);
    assertThat(view.state()).isEqualTo(JobState.QUEUED);
    assertThat(view.attempts()).isEqualTo(1);
    assertThat(view.cost()).isZero();
    assertThat(view.suspectedCost()).isPositive();
    var attempt =
        postgres.database().dsl().fetchSingle("select * from attempt where job_id = ?", id.uuid());
    assertThat(attempt.get("outcome")).isEqualTo("ambiguous");
    assertThat(attempt.get("code")).isEqualTo("lease_lost");
    assertThat(attempt.get("presumed")).isEqualTo(true);
  }

  @Test
  void aJobWhoseCallHadNotBegunIsGivenBackWithoutATrace() {
    var id = held(job().pool("congested"));

    loseTheWorker();

    assertThat(view(id).state()).isEqualTo(JobState.QUEUED);
    assertThat(view(id).attempts()).isZero();
    assertThat(view(id).suspectedCost()).isZero();
  }

  @Test
  void whoDoesNotWantAmbiguousCallsRepeatedGetsADeadLetter() {
    var id = held(job().failOnAmbiguous());

    loseTheWorker();

    assertThat(view(id).state()).isEqualTo(JobState.FAILED);
    assertThat(view(id).failureCode()).isEqualTo("lease_lost");
    assertThat(new String(view(id).body(), java.nio.charset.StandardCharsets.UTF_8))
        .contains("\"type\":\"error\"");
  }

  @Test
  void aCanceledJobOfALostWorkerEndsCanceled() {
    var waiting = held(job().pool("congested"));
    var calling = held(job());
    var calledOnce = held(job().failOnAmbiguous());
    new TenantJobs(postgres.database()).cancel(1, List.of(waiting, calling, calledOnce));

    loseTheWorker();

    assertThat(List.of(view(waiting).state(), view(calling).state(), view(calledOnce).state()))
        .containsOnly(JobState.CANCELED);
    assertThat(view(waiting).attempts()).isZero();
    assertThat(view(calling).suspectedCost()).isPositive();
  }

  @Test
  void theLastAttemptIsNotRepeated() {
    var id = held(job().maxAttempts(1));

    loseTheWorker();

    assertThat(view(id).state()).isEqualTo(JobState.FAILED);
    assertThat(view(id).failureCode()).isEqualTo("lease_lost");
  }

  @Test
  void moreJobsThanOneBatchAreAllTakenBack() {
    var ids = job().submit(postgres.database(), 1_200);
    var worker = UUID.randomUUID();
    workers.enter(worker, "big", 2_000);
    claims.claim(worker, ids.stream().map(id -> new ReleasedJob(id, 0)).toList(), List.of());

    loseTheWorker();

    assertThat(new HeldJobs(postgres.database()).heldBy(worker, 10)).isEmpty();
  }

  @Test
  void jobsOfAWorkerWithoutARowAreTakenBackAtOnce() {
    var id = held(job());
    postgres.database().dsl().execute("delete from worker");

    rescue.once();

    assertThat(view(id).state()).isEqualTo(JobState.QUEUED);
  }

  @Test
  void aHeldJobIsEndedTwentySecondsAfterItsDeadline() {
    var id = held(job());
    expiredFor(id, 19);
    rescue.once();
    assertThat(view(id).state()).isEqualTo(JobState.RUNNING);

    expiredFor(id, 21);
    rescue.once();

    assertThat(view(id).state()).isEqualTo(JobState.EXPIRED);
    assertThat(view(id).suspectedCost()).isPositive();
  }

  private void loseTheWorker() {
    rescue.once();
    watch(3_600);
  }

  /** Looks every 600 ms, as its loop does with this lease. */
  private void watch(long millis) {
    for (long passed = 0; passed < millis; passed += 600) {
      advance(600);
      rescue.once();
    }
  }

  private void advance(long millis) {
    nanos.addAndGet(Duration.ofMillis(millis).toNanos());
  }

  private long nanoTime() {
    return nanos.getAndAdd(aGlanceTakes.toNanos());
  }

  private JobId held(JobFixture job) {
    var worker = UUID.randomUUID();
    workers.enter(worker, "silent", 10);
    var id = job.submit(postgres.database());
    assertThat(claims.claim(worker, List.of(new ReleasedJob(id, 0)), List.of("congested")))
        .hasSize(1);
    return id;
  }

  private JobView view(JobId id) {
    return new JobViews(postgres.database()).find(1, id).orElseThrow();
  }

  private void expiredFor(JobId id, int seconds) {
    postgres
        .database()
        .dsl()
        .execute(
            "update job set expires_at = now() - ? * interval '1 s' where id = ?",
            seconds,
            id.uuid());
  }

  private void allowConnections(boolean allowed) throws SQLException {
    String name = postgres.jdbcUrl().replaceAll(".*/([a-z0-9_]+).*", "$1");
    try (var connection = postgres.postgres().connect("postgres");
        var statement = connection.createStatement()) {
      statement.execute("alter database " + name + " allow_connections " + allowed);
      if (!allowed) {
        statement.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = '"
                + name
                + "'");
      }
    }
  }
}
