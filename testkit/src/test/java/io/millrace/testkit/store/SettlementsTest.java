package io.millrace.testkit.store;

import static io.millrace.testkit.JobFixture.job;
import static io.millrace.testkit.store.Calls.ANSWERED;
import static io.millrace.testkit.store.Calls.CANCELED;
import static io.millrace.testkit.store.Calls.EXPIRED;
import static io.millrace.testkit.store.Calls.FAILED;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.db.job.Claims.Claimed;
import io.millrace.db.job.JobViews;
import io.millrace.db.job.Settlement;
import io.millrace.db.job.Settlement.Effect.Finish;
import io.millrace.db.job.Settlement.Effect.Keep;
import io.millrace.db.job.Settlement.Effect.Requeue;
import io.millrace.db.job.Settlements.Settled;
import io.millrace.job.JobId;
import io.millrace.job.JobState;
import io.millrace.testkit.Invariants;
import io.millrace.testkit.PostgresExtension;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jooq.exception.DataAccessException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class SettlementsTest {

  private static final Settled SUCCEEDED = new Settled(true, JobState.SUCCEEDED);

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
  void anAnswerEndsTheJobWithItsAttemptCostAndResult() {
    var job = stores.claimed(job());

    var settled = stores.settle(job, Calls.succeeded(job, 1, "0.0070001234567890123"), ANSWERED);

    assertThat(settled).isEqualTo(SUCCEEDED);
    var row = stores.job(job.id());
    assertThat(row.get("worker_id")).isNull();
    assertThat(row.get("finished_at")).isNotNull();
    assertThat(row.get("attempts")).isEqualTo(1);
    assertThat(row.get("counted_attempts")).isEqualTo(1);
    assertThat(row.get("sending")).isEqualTo(false);
    var result = stores.rows("result", job.id()).getFirst();
    assertThat(result.get("body", byte[].class)).isEqualTo(ANSWERED.body());
    var cost = stores.rows("cost", job.id()).getFirst();
    assertThat(cost.get("amount", BigDecimal.class)).isEqualTo("0.0070001234567890123");
    assertThat(cost.get("input_tokens")).isEqualTo(2_000L);
    assertThat(cost.get("output_tokens")).isEqualTo(300L);
    assertThat(cost.get("cache_write_5m_tokens")).isEqualTo(5L);
    assertThat(cost.get("cache_write_1h_tokens")).isEqualTo(7L);
    assertThat(cost.get("cache_read_tokens")).isEqualTo(11L);
    assertThat(cost.get("web_searches")).isEqualTo(3L);
  }

  @Test
  void aFailedJobHasItsCodeAndItsError() {
    var job = stores.claimed(job());

    assertThat(stores.settle(job, Calls.overloaded(job, 1), FAILED).state())
        .isEqualTo(JobState.FAILED);

    assertThat(stores.job(job.id()).get("failure_code")).isEqualTo("overloaded");
    assertThat(stores.rows("result", job.id()).getFirst().get("type")).isEqualTo("errored");
    assertThat(stores.rows("cost", job.id())).isEmpty();
  }

  @Test
  void endsWithoutAnAnswerLeaveNoResult() {
    for (Finish end : List.of(EXPIRED, CANCELED)) {
      var job = stores.claimed(job());
      assertThat(stores.settle(job, null, end)).isEqualTo(new Settled(true, end.state()));
      assertThat(stores.rows("result", job.id())).isEmpty();
      assertThat(stores.rows("attempt", job.id())).isEmpty();
    }
  }

  @Test
  void aRequeuedJobWaitsOutItsDelay() {
    var job = stores.claimed(job());

    var settled = stores.settle(job, Calls.overloaded(job, 1), new Requeue(Duration.ofMinutes(5)));

    assertThat(settled).isEqualTo(new Settled(true, JobState.QUEUED));
    assertThat(stores.releases().ripen(10).due()).isZero();
    assertThat(stores.releases().queues(10)).isEmpty();
    assertThat(
            stores.claims().claim(stores.worker(), List.of(stores.invitation(job.id())), List.of()))
        .isEmpty();
    stores.ripen(job.id());
    var again = stores.claim(stores.worker(), job.id());
    assertThat(again.attempts()).isEqualTo(1);
    assertThat(again.fence().claimNo()).isGreaterThan(job.fence().claimNo());
  }

  @Test
  void aCallThatDoesNotCountUsesUpNoAttempt() {
    var job = stores.claimed(job());

    stores.settle(job, Calls.rateLimited(job, 1), new Requeue(Duration.ZERO));

    assertThat(stores.job(job.id()).get("attempts")).isEqualTo(1);
    assertThat(stores.job(job.id()).get("counted_attempts")).isEqualTo(0);
  }

  @Test
  void aKeptJobStaysWithItsWorkerForTheNextCall() {
    var job = stores.claimed(job());

    var kept = stores.settle(job, Calls.overloaded(job, 1), new Keep());

    assertThat(kept).isEqualTo(new Settled(true, JobState.RUNNING));
    assertThat(stores.job(job.id()).get("sending")).isEqualTo(false);
    assertThat(stores.claims().markSending(List.of(job.fence()))).containsExactly(job.id());
    assertThat(stores.settle(job, Calls.succeeded(job, 2, "1"), ANSWERED)).isEqualTo(SUCCEEDED);
    assertThat(stores.rows("attempt", job.id())).hasSize(2);
  }

  @Test
  void settlingTwiceChangesNothing() {
    var job = stores.claimed(job());
    stores.settle(job, Calls.succeeded(job, 1, "0.5"), ANSWERED);
    String once = everything(job.id());

    var second = stores.settle(job, Calls.succeeded(job, 1, "0.5"), ANSWERED);

    assertThat(second.applied()).isFalse();
    assertThat(everything(job.id())).isEqualTo(once);
  }

  @Test
  void anAmbiguousCallSettledTwiceIsSuspectedOnce() {
    var job = stores.claimed(job());
    stores.settle(job, Calls.ambiguous(job, 1), new Requeue(Duration.ZERO));
    String once = everything(job.id());

    stores.settle(job, Calls.ambiguous(job, 1), new Requeue(Duration.ZERO));

    assertThat(everything(job.id())).isEqualTo(once);
  }

  /** As after a commit whose reply was lost: the job is still held, and must go on being held. */
  @Test
  void keepingTwiceCountsOneCall() {
    var job = stores.claimed(job());
    stores.settle(job, Calls.overloaded(job, 1), new Keep());
    String once = everything(job.id());

    var second = stores.settle(job, Calls.overloaded(job, 1), new Keep());

    assertThat(second).isEqualTo(new Settled(true, JobState.RUNNING));
    assertThat(everything(job.id())).isEqualTo(once);
  }

  @Test
  void aLateAnswerReplacesWhatWasPresumedOfItsCall() {
    var job = stores.claimed(job());
    stores.settle(job, Calls.presumed(job), new Requeue(Duration.ZERO));

    var late = stores.settle(job, Calls.succeeded(job, 1, "0.007"), ANSWERED);

    assertThat(late.applied()).isFalse();
    assertThat(stores.state(job.id())).isEqualTo(JobState.QUEUED);
    assertThat(stores.rows("result", job.id())).isEmpty();
    var attempt = stores.rows("attempt", job.id());
    assertThat(attempt).hasSize(1);
    assertThat(attempt.getFirst().get("outcome")).isEqualTo("succeeded");
    assertThat(attempt.getFirst().get("fenced_out")).isEqualTo(true);
    assertThat(attempt.getFirst().get("presumed")).isEqualTo(false);
    var cost = stores.rows("cost", job.id());
    assertThat(cost).hasSize(1);
    assertThat(cost.getFirst().get("kind")).isEqualTo("charged");
  }

  @Test
  void aLateFailureTakesTheSuspicionAway() {
    var job = stores.claimed(job());
    stores.settle(job, Calls.presumed(job), new Requeue(Duration.ZERO));

    stores.settle(job, Calls.overloaded(job, 1), new Keep());

    assertThat(stores.rows("attempt", job.id()).getFirst().get("outcome")).isEqualTo("retryable");
    assertThat(stores.rows("cost", job.id())).isEmpty();
  }

  @Test
  void aLateAnswerLeavesTheCallsOfLaterClaimsAlone() {
    var job = stores.claimed(job());
    stores.settle(job, Calls.presumed(job), new Requeue(Duration.ZERO));
    stores.ripen(job.id());
    var next = stores.claim(stores.worker(), job.id());
    stores.settle(next, Calls.ambiguous(next, 2), new Requeue(Duration.ZERO));

    stores.settle(job, Calls.succeeded(job, 1, "0.007"), ANSWERED);

    assertThat(stores.rows("attempt", job.id())).hasSize(2);
    var view = new JobViews(postgres.database()).find(1, job.id()).orElseThrow();
    assertThat(view.cost()).isEqualByComparingTo("0.007");
    assertThat(view.suspectedCost()).isEqualByComparingTo("0.000123");
  }

  @Test
  void aRescueAfterTheAnswerChangesNothing() {
    var job = stores.claimed(job());
    var seen = stores.seenHeld(job).job();
    stores.settle(job, Calls.succeeded(job, 1, "0.007"), ANSWERED);
    String answered = everything(job.id());

    var rescue = stores.settle(seen, Calls.presumed(seen), new Requeue(Duration.ZERO));

    assertThat(rescue.applied()).isFalse();
    assertThat(everything(job.id())).isEqualTo(answered);
  }

  /** Between the rescue's look and its settlement the worker came back and wrote its call down. */
  @Test
  void aRescueThatLookedBeforeTheCallWasWrittenDownPresumesNoSecondOne() {
    var job = stores.claimed(job());
    var seen = stores.seenHeld(job).job();
    stores.settle(job, Calls.overloaded(job, 1), new Keep());

    var rescue = stores.settle(seen, Calls.presumed(seen), new Requeue(Duration.ZERO));

    assertThat(rescue.applied()).isFalse();
    assertThat(stores.rows("attempt", job.id())).hasSize(1);
    assertThat(stores.rows("cost", job.id())).isEmpty();
    var looked = stores.seenHeld(job).job();
    assertThat(looked.sending()).isFalse();
    assertThat(stores.settle(looked, null, new Requeue(Duration.ZERO)).applied()).isTrue();
  }

  @Test
  void ofTwoSettlementsOfOneClaimInOneBatchTheFirstWins() {
    var job = stores.claimed(job());
    var seen = stores.seenHeld(job).job();

    var settled =
        stores
            .settlements()
            .settle(
                List.of(
                    new Settlement(job, Calls.succeeded(job, 1, "0.007"), ANSWERED),
                    new Settlement(seen, null, EXPIRED),
                    new Settlement(seen, Calls.presumed(seen), EXPIRED)));

    assertThat(settled).extracting(Settled::applied).containsExactly(true, false, false);
    assertThat(stores.state(job.id())).isEqualTo(JobState.SUCCEEDED);
  }

  @Test
  void ofTwoSettlementsOfOneClaimInOneBatchTheLaterAnswerIsStillInTheBooks() {
    var job = stores.claimed(job());
    var seen = stores.seenHeld(job).job();

    stores
        .settlements()
        .settle(
            List.of(
                new Settlement(seen, Calls.presumed(seen), EXPIRED),
                new Settlement(job, Calls.succeeded(job, 1, "0.007"), ANSWERED)));

    assertThat(stores.state(job.id())).isEqualTo(JobState.EXPIRED);
    assertThat(stores.rows("attempt", job.id()).getFirst().get("outcome")).isEqualTo("succeeded");
  }

  @Test
  void settlementsAnswerInTheOrderInWhichTheyWereGiven() {
    var worker = stores.worker();
    List<Claimed> held =
        job().submit(postgres.database(), 20).stream().map(id -> stores.claim(worker, id)).toList();
    var answered = held.get(3);
    stores.settle(answered, Calls.succeeded(answered, 1, "1"), ANSWERED);

    var settled =
        stores
            .settlements()
            .settle(
                held.reversed().stream()
                    .map(job -> new Settlement(job, Calls.overloaded(job, 1), FAILED))
                    .toList());

    for (int i = 0; i < held.size(); i++) {
      assertThat(settled.get(held.size() - 1 - i).applied()).isEqualTo(i != 3);
    }
  }

  @Test
  void aRequeueOfAJobWhoseCancelWasAskedForCancelsIt() {
    var job = stores.claimed(job());
    stores.cancel(job.id());

    var settled = stores.settle(job, null, new Requeue(Duration.ofMinutes(1)));

    assertThat(settled).isEqualTo(new Settled(true, JobState.CANCELED));
    assertThat(stores.job(job.id()).get("finished_at")).isNotNull();
    assertThat(stores.job(job.id()).get("parked_until")).isNull();
  }

  @Test
  void aCancelThatCommitsWhileTheRequeueWaitsForItsLockIsNotOverlooked() throws Exception {
    var job = stores.claimed(job());
    CompletableFuture<Settled> requeue;
    try (var canceling = postgres.database().dedicated("test", Duration.ofSeconds(10))) {
      canceling.setAutoCommit(false);
      try (var cancel =
          canceling.prepareStatement("update job set cancel_requested_at = now() where id = ?")) {
        cancel.setObject(1, job.id().uuid());
        cancel.executeUpdate();
      }
      requeue =
          CompletableFuture.supplyAsync(() -> stores.settle(job, null, new Requeue(Duration.ZERO)));
      Waits.untilSomebodyWaitsForALock(postgres.database());
      canceling.commit();
    }

    assertThat(requeue.get(10, TimeUnit.SECONDS).state()).isEqualTo(JobState.CANCELED);
  }

  @Test
  void anAnswerIsUsedThoughACancelWasAskedFor() {
    var job = stores.claimed(job());
    stores.cancel(job.id());

    assertThat(stores.settle(job, Calls.succeeded(job, 1, "1"), ANSWERED)).isEqualTo(SUCCEEDED);
  }

  @Test
  void aFailureWithoutACodeIsRefusedWhole() {
    var job = stores.claimed(job());

    assertThatThrownBy(() ->
            stores.settle(job, Calls.overloaded(job, 1), new Finish(JobState.FAILED, null, null)))
        .isInstanceOf(DataAccessException.class)
        .rootCause()
        .hasMessageContaining("failed_has_code");

    assertThat(stores.state(job.id())).isEqualTo(JobState.RUNNING);
    assertThat(stores.rows("attempt", job.id())).isEmpty();
  }

  @Test
  void aCodeWithoutAFailureIsRefused() {
    var job = stores.claimed(job());

    assertThatThrownBy(
            () -> stores.settle(job, null, new Finish(JobState.EXPIRED, "overloaded", null)))
        .rootCause()
        .hasMessageContaining("failed_has_code");
  }

  @Test
  void costsAddUpExactly() {
    var job = stores.claimed(job());
    stores.settle(job, Calls.ambiguous(job, 1), new Keep());
    stores.claims().markSending(List.of(job.fence()));
    stores.settle(job, Calls.succeeded(job, 2, "0.1000000000000000001"), ANSWERED);

    var view = new JobViews(postgres.database()).find(1, job.id()).orElseThrow();

    assertThat(view.cost()).isEqualTo("0.1000000000000000001");
    assertThat(view.suspectedCost()).isEqualTo("0.000123");
    assertThat(view.usage().inputTokens()).isEqualTo(2_000);
    assertThat(view.attempts()).isEqualTo(2);
  }

  private String everything(JobId id) {
    return stores.job(id).formatJSON()
        + stores.rows("attempt", id)
        + stores.rows("cost", id)
        + stores.rows("result", id);
  }
}
