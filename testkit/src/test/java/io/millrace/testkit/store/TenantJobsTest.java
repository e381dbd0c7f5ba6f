package io.millrace.testkit.store;

import static io.millrace.testkit.JobFixture.job;
import static io.millrace.testkit.store.Calls.ANSWERED;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.db.job.Announcements.Announcement;
import io.millrace.db.job.Claims.Claimed;
import io.millrace.db.job.JobFilter;
import io.millrace.db.job.MatchingJobs;
import io.millrace.db.job.Settlement.Effect.Finish;
import io.millrace.db.job.Settlement.Effect.Keep;
import io.millrace.db.job.Settlement.Effect.Requeue;
import io.millrace.db.job.Submitted;
import io.millrace.db.job.TenantJobs.Moved;
import io.millrace.db.job.TenantJobs.ReplayTerms;
import io.millrace.job.JobId;
import io.millrace.job.JobState;
import io.millrace.job.Lane;
import io.millrace.testkit.Invariants;
import io.millrace.testkit.PostgresExtension;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TenantJobsTest {

  private static final Duration LONG = Duration.ofDays(30);

  @RegisterExtension final PostgresExtension postgres = PostgresExtension.shared();

  private Stores stores;

  @BeforeEach
  void openStores() {
    stores = Stores.on(postgres.database());
  }

  @AfterEach
  void invariantsHold() {
    Invariants.hold(postgres.database());
  }

  @Test
  void aQueuedJobIsCanceledAtOnceAndAnnounced() {
    var id = job().submit(postgres.database());

    assertThat(cancel(id)).containsExactly(new Moved(id, JobState.CANCELED));

    assertThat(stores.job(id).get("finished_at")).isNotNull();
    assertThat(stores.job(id).get("cancel_requested_at")).isNotNull();
    assertThat(stores.announcements().take(10))
        .containsExactly(new Announcement(id, 1, JobState.CANCELED));
    assertThat(stores.announcements().take(10)).isEmpty();
    assertThat(cancel(id)).isEmpty();
  }

  @Test
  void aRunningJobIsAskedForOnceAndFoundByItsWorkerAlone() {
    var held = stores.claimed(job());
    stores.claimed(job());

    assertThat(cancel(held.id())).containsExactly(new Moved(held.id(), JobState.RUNNING));
    assertThat(cancel(held.id())).isEmpty();

    assertThat(stores.held().cancelRequested(held.fence().workerId()))
        .containsExactly(held.fence());
    assertThat(stores.held().cancelRequested(stores.worker())).isEmpty();
    assertThat(stores.seenHeld(held).cancelRequested()).isTrue();
    assertThat(stores.announcements().take(10)).isEmpty();
  }

  @Test
  void aCanceledJobThatMayNotSendAnyMoreGoesBackIntoTheEnd() {
    var held = stores.claimed(job());
    stores.settle(held, Calls.overloaded(held, 1), new Keep());
    stores.cancel(held.id());

    assertThat(stores.claims().markSending(List.of(held.fence()))).isEmpty();
    assertThat(stores.settle(held, null, new Requeue(Duration.ZERO)).state())
        .isEqualTo(JobState.CANCELED);
  }

  @Test
  void anAnswerThatCameBeforeTheAbortWins() {
    var held = stores.claimed(job());
    stores.cancel(held.id());

    var settled = stores.settle(held, Calls.succeeded(held, 1, "0.5"), ANSWERED);

    assertThat(settled.state()).isEqualTo(JobState.SUCCEEDED);
    assertThat(cancel(held.id())).isEmpty();
  }

  @Test
  void nobodyTouchesTheJobsOfOthers() {
    var queued = job().tenant(2).submit(postgres.database());
    var failed = failed();

    assertThat(cancel(queued)).isEmpty();
    assertThat(stores.owned().replay(2, List.of(failed), ReplayTerms.AS_BEFORE)).isEmpty();
    assertThat(stores.owned().delete(2, failed)).isFalse();
    assertThat(stores.owned().state(1, queued)).isEmpty();
    assertThat(stores.state(queued)).isEqualTo(JobState.QUEUED);
  }

  @Test
  void aReplayBeginsANewSeriesAndKeepsTheHistory() {
    var held = stores.claimed(job().maxAttempts(1));
    stores.settle(held, Calls.ambiguous(held, 1), Calls.FAILED);

    assertThat(replay(held.id())).containsExactly(new Moved(held.id(), JobState.QUEUED));

    var row = stores.job(held.id());
    assertThat(row.get("attempts")).isEqualTo(1);
    assertThat(row.get("counted_attempts")).isEqualTo(0);
    assertThat(row.get("series")).isEqualTo((short) 2);
    assertThat(row.get("finished_at")).isNull();
    assertThat(stores.announcements().take(10))
        .containsExactly(new Announcement(held.id(), 1, JobState.QUEUED));
    var again = stores.claim(stores.worker(), held.id());
    stores.settle(again, Calls.succeeded(again, 2, "0.25"), ANSWERED);
    assertThat(stores.rows("attempt", held.id())).hasSize(2);
    assertThat(stores.rows("cost", held.id())).hasSize(2);
    assertThat(stores.rows("result", held.id())).hasSize(2);
  }

  @Test
  void onlyWhatFailedExpiredOrWasCanceledIsReplayed() {
    var succeeded = stores.claimed(job());
    stores.settle(succeeded, Calls.succeeded(succeeded, 1, "0.5"), ANSWERED);
    var running = stores.claimed(job());
    var queued = job().submit(postgres.database());

    assertThat(
            stores
                .owned()
                .replay(1, List.of(succeeded.id(), running.id(), queued), ReplayTerms.AS_BEFORE))
        .isEmpty();
    assertThat(replay(failed())).hasSize(1);
  }

  @Test
  void aReplayedJobHasTheLifetimeOfItsLane() {
    var id = failed(Lane.INTERACTIVE);
    stores.shift(id, "expires_at", LONG.negated());

    replay(id);

    assertThat(lifetime(id)).isBetween(Duration.ofMinutes(59), Duration.ofMinutes(61));
    assertThat(stores.job(id).get("expires_defaulted")).isEqualTo(true);
  }

  @Test
  void aDeadlineOfTheCallersOwnStandsWhileItLiesAhead() {
    var id = job().expiresAt(Instant.now().plus(Duration.ofHours(5))).submit(postgres.database());
    stores.cancel(id);

    replay(id);

    assertThat(lifetime(id)).isBetween(Duration.ofMinutes(299), Duration.ofMinutes(301));
    assertThat(stores.job(id).get("expires_defaulted")).isEqualTo(false);
  }

  @Test
  void aTimeToRunThatLiesAheadStandsToo() {
    var runAt = Instant.now().plus(Duration.ofHours(2));
    var id = job().runAt(runAt).submit(postgres.database());
    stores.cancel(id);

    replay(id);

    assertThat(stores.releases().queues(10)).isEmpty();
    assertThat(lifetime(id)).isBetween(Duration.ofMinutes(1_559), Duration.ofMinutes(1_561));
  }

  @Test
  void aReplayMayBringNewTerms() {
    var id = failed();
    var expires = Instant.now().plus(Duration.ofHours(3));

    stores.owned().replay(1, List.of(id), new ReplayTerms(expires, 9));

    assertThat(lifetime(id)).isBetween(Duration.ofMinutes(179), Duration.ofMinutes(181));
    assertThat(stores.job(id).get("max_attempts")).isEqualTo((short) 9);
    assertThat(stores.job(id).get("expires_defaulted")).isEqualTo(false);
  }

  @Test
  void aDeletedJobLeavesOnlyTheBill() {
    var held = stores.claimed(job().key("k", "body"));
    stores.settle(held, Calls.succeeded(held, 1, "0.75"), ANSWERED);

    assertThat(stores.owned().delete(1, held.id())).isTrue();

    assertThat(stores.rows("request", held.id())).isEmpty();
    assertThat(stores.rows("result", held.id())).isEmpty();
    assertThat(stores.rows("attempt", held.id()))
        .singleElement()
        .satisfies(row -> assertThat(row.get("message")).isNull());
    assertThat(stores.rows("cost", held.id()).getFirst().get("amount", BigDecimal.class))
        .isEqualByComparingTo("0.75");
    assertThat(stores.owned().state(1, held.id())).isEmpty();
    assertThat(stores.owned().delete(1, held.id())).isFalse();
  }

  @Test
  void theKeyOfADeletedJobStaysUsed() {
    var first = job().key("k", "body").submit(postgres.database());
    stores.cancel(first);
    stores.owned().delete(1, first);

    var again = stores.submissions().submit(List.of(job().key("k", "body").build())).getFirst();

    assertThat(again).isEqualTo(new Submitted.Replayed(first));
  }

  @Test
  void whatHasNotEndedIsNotDeleted() {
    var queued = job().submit(postgres.database());
    var running = stores.claimed(job());

    assertThat(stores.owned().delete(1, queued)).isFalse();
    assertThat(stores.owned().delete(1, running.id())).isFalse();
    assertThat(stores.state(running.id())).isEqualTo(JobState.RUNNING);
  }

  @Test
  void aWalkMeetsEachMatchingJobOnceHoweverFewMatch() {
    var newest = new ArrayList<>(job().lane(Lane.BULK).submit(postgres.database(), 3));
    job().submit(postgres.database(), 4);
    newest.addAll(job().lane(Lane.BULK).submit(postgres.database(), 2));
    job().tenant(2).lane(Lane.BULK).submit(postgres.database(), 2);
    newest.sort(Comparator.reverseOrder());
    var everything = JobFilter.of(1);
    var bulk =
        new JobFilter(
            1, everything.states(), Set.of(Lane.BULK), null, null, null, null, null, null);
    var jobs = new MatchingJobs(postgres.database());

    List<JobId> met = new ArrayList<>();
    int steps = 0;
    JobId last = null;
    do {
      var step = jobs.step(bulk, last, 2);
      step.matches().forEach(match -> met.add(match.id()));
      last = step.last();
      steps++;
    } while (last != null);

    assertThat(met).containsExactlyElementsOf(newest);
    assertThat(steps).isEqualTo(5);
    assertThat(jobs.step(bulk.in(Set.of(JobState.FAILED)), null, 100).matches()).isEmpty();
    assertThat(jobs.step(bulk.in(Set.of()), null, 100).last()).isNull();
  }

  /**
   * Caller, worker, rescue, deadline and dispatcher at once on a few jobs: whatever the order,
   * every call is in the books, no job is in two states, and a canceled one never runs on.
   */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void allWhoMoveAJobMayDoSoAtOnce(long seed) throws Exception {
    List<JobId> ids = job().submit(postgres.database(), 6);
    try (var threads = Executors.newFixedThreadPool(5)) {
      var all =
          threads.invokeAll(
              List.of(
                  rounds(seed, ids, (id, random) -> stores.cancel(id)),
                  rounds(seed + 10, ids, (id, random) -> stores.replay(id)),
                  rounds(seed + 20, ids, this::work),
                  rounds(seed + 30, ids, this::work),
                  rounds(
                      seed + 40,
                      ids,
                      (id, random) -> {
                        if (random.nextInt(4) == 0) {
                          stores.shift(id, "expires_at", LONG.negated());
                        }
                        stores.queued().expire(2);
                        stores.releases().ripen(10);
                      })));
      for (var one : all) {
        one.get();
      }
    }
    Invariants.hold(postgres.database());
  }

  private interface Step {
    void on(JobId id, Random random);
  }

  private static Callable<Boolean> rounds(long seed, List<JobId> ids, Step step) {
    var random = new Random(seed);
    return () -> {
      for (int i = 0; i < 40; i++) {
        step.on(ids.get(random.nextInt(ids.size())), random);
      }
      return true;
    };
  }

  private void work(JobId id, Random random) {
    var claimed = stores.claims().claim(stores.worker(), List.of(stores.invitation(id)), List.of());
    for (Claimed job : claimed) {
      int no = job.attempts() + 1;
      switch (random.nextInt(4)) {
        case 0 -> stores.settle(job, Calls.succeeded(job, no, "0.1"), ANSWERED);
        case 1 -> stores.settle(job, Calls.ambiguous(job, no), new Requeue(Duration.ZERO));
        case 2 -> stores.settle(job, Calls.overloaded(job, no), Calls.FAILED);
        default -> {
          boolean stop =
              stores.held().cancelRequested(job.fence().workerId()).contains(job.fence());
          stores.settle(
              job,
              Calls.ambiguous(job, no),
              stop ? new Finish(JobState.CANCELED, null, null) : new Requeue(Duration.ZERO));
        }
      }
    }
  }

  private JobId failed() {
    return failed(Lane.STANDARD);
  }

  private JobId failed(Lane lane) {
    var held = stores.claimed(job().lane(lane));
    stores.settle(held, Calls.overloaded(held, 1), Calls.FAILED);
    return held.id();
  }

  private Duration lifetime(JobId id) {
    return Duration.between(
        Instant.now(),
        stores.job(id).get("expires_at", java.time.OffsetDateTime.class).toInstant());
  }

  private List<Moved> cancel(JobId id) {
    return stores.owned().cancel(1, List.of(id));
  }

  private List<Moved> replay(JobId id) {
    return stores.owned().replay(1, List.of(id), ReplayTerms.AS_BEFORE);
  }
}
