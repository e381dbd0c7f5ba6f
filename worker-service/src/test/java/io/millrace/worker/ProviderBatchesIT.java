package io.millrace.worker;

import static io.millrace.testkit.BatchFixture.batch;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.db.job.TenantJobs;
import io.millrace.db.limit.PoolPauses;
import io.millrace.job.JobId;
import io.millrace.job.JobState;
import io.millrace.simulator.Simulator;
import io.millrace.simulator.batch.BatchSettings;
import io.millrace.simulator.batch.ItemOutcome;
import io.millrace.simulator.fault.BatchCall;
import io.millrace.simulator.fault.BatchFault;
import io.millrace.simulator.fault.BatchFaultRule;
import io.millrace.simulator.fault.Fault;
import io.millrace.simulator.fault.FaultRule;
import io.millrace.testkit.Invariants;
import io.millrace.testkit.KafkaExtension;
import io.millrace.testkit.PostgresExtension;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * P9: what goes to Claude as a batch is settled item by item, each once, whatever happens to the
 * batch on its way.
 */
class ProviderBatchesIT {

  @RegisterExtension static final PostgresExtension postgres = PostgresExtension.shared();
  @RegisterExtension static final KafkaExtension kafka = KafkaExtension.any();

  private static Simulator claude;
  private static TestWorker worker;
  private static Jobs jobs;
  private static ProviderBatches batches;

  @BeforeAll
  static void start() {
    claude = Simulator.start();
    jobs = new Jobs(postgres.database());
    batches = new ProviderBatches(postgres.database(), claude, jobs);
    worker =
        TestWorker.start(
            postgres,
            kafka,
            claude.baseUri(),
            "millrace.batches.max-wait=100ms",
            "millrace.batches.max-items=40",
            "millrace.batches.poll-interval=200ms",
            "millrace.batches.lost-wait=2s");
  }

  @AfterAll
  static void stop() {
    worker.close();
    claude.close();
  }

  @AfterEach
  void everythingIsSettled() {
    claude.clearFaults();
    claude.batches(BatchSettings.defaults());
    batches.awaitSettled();
    Invariants.hold(postgres.database());
  }

  @Test
  void itemsOfAllCallersGoTogetherAndCostHalf() {
    var one = batch(20).submit(postgres.database()).items();
    var other = batch(5).submit(postgres.database()).items();

    var all = join(one, other);
    awaitState(all, JobState.SUCCEEDED);

    assertThat(batches.itemsOf(all)).hasSize(25);
    assertThat(batches.atClaude(all)).hasSizeLessThan(3);
    batches.costWhatClaudeBilled(all);
    var attempt = jobs.attempts(one.getFirst());
    assertThat(attempt).hasSize(1);
    assertThat(attempt.getFirst().get("provider_batch_id")).isNotNull();
    assertThat(attempt.getValues("usage", String.class).getFirst()).contains("\"batch\"");
  }

  @Test
  void aFullBatchDoesNotHoldMoreThanItMay() {
    var items = batch(100).submit(postgres.database()).items();

    awaitState(items, JobState.SUCCEEDED);

    assertThat(batches.atClaude(items)).allMatch(batch -> batch.size() <= 40);
    assertThat(batches.itemsOf(items)).hasSize(100);
  }

  @Test
  void versionsDoNotMix() {
    var old = batch(3).version("2023-06-01").submit(postgres.database()).items();
    var fresh = batch(3).submit(postgres.database()).items();

    awaitState(join(old, fresh), JobState.SUCCEEDED);

    assertThat(batches.atClaude(old)).doesNotContainAnyElementsOf(batches.atClaude(fresh));
  }

  @ParameterizedTest
  @EnumSource(names = {"LOST_REPLY", "TRUNCATED", "GARBAGE", "EMPTY", "STREAM_ERROR"})
  void aCreateWhoseReplyWasLostMakesOneBatch(Fault fault) {
    claude.fail(FaultRule.next(1, fault).on(BatchCall.CREATE));

    var items = batch(7).submit(postgres.database()).items();
    awaitState(items, JobState.SUCCEEDED);

    assertThat(batches.atClaude(items)).hasSize(1);
    assertThat(items).allMatch(id -> jobs.attempts(id).size() == 1);
    batches.costWhatClaudeBilled(items);
  }

  @ParameterizedTest
  @EnumSource(names = {"RESET", "CLOSE"})
  void aBatchThatClaudeNeverHadGoesAgainInTheEnd(Fault fault) {
    claude.fail(FaultRule.next(1, fault).on(BatchCall.CREATE));

    var items = batch(3).submit(postgres.database()).items();
    awaitState(items, JobState.SUCCEEDED);

    assertThat(batches.itemsOf(items)).hasSize(3);
    for (JobId id : items) {
      assertThat(batches.column(id, "code")).containsExactly("batch_lost", null);
      assertThat(jobs.view(id).suspectedCost()).isPositive();
    }
    batches.costWhatClaudeBilled(items);
  }

  @ParameterizedTest
  @EnumSource(names = {"RATE_LIMITED", "OVERLOADED", "SERVER_ERROR", "UNAVAILABLE"})
  void aRefusalForNowLeavesNoTrace(Fault fault) {
    claude.fail(FaultRule.next(1, fault).on(BatchCall.CREATE));

    var items = batch(3).submit(postgres.database()).items();
    awaitState(items, JobState.SUCCEEDED);

    assertThat(items).allMatch(id -> jobs.attempts(id).size() == 1);
    batches.costWhatClaudeBilled(items);
  }

  @Test
  void aRefusedAccountKeepsItemsWhereTheyAreUntilOneTryPasses() {
    claude.fail(FaultRule.next(2, Fault.UNAUTHORIZED).on(BatchCall.CREATE));

    var items = batch(3).submit(postgres.database()).items();
    await()
        .atMost(Duration.ofSeconds(20))
        .until(() ->
            new PoolPauses(postgres.database())
                .open().stream().anyMatch(pause -> pause.pool().equals("message_batches")));
    awaitState(items, JobState.SUCCEEDED);

    assertThat(items).allMatch(id -> jobs.attempts(id).size() == 1);
    assertThat(new PoolPauses(postgres.database()).open()).isEmpty();
  }

  @Test
  void aBatchThatIsRefusedForGoodIsHalved() {
    claude.fail(FaultRule.next(1, Fault.TOO_LARGE_HTML).on(BatchCall.CREATE));

    var items = batch(5).submit(postgres.database()).items();
    awaitState(items, JobState.SUCCEEDED);

    assertThat(batches.atClaude(items)).hasSize(2);
    assertThat(items).allMatch(id -> jobs.attempts(id).size() == 1);
  }

  @Test
  void anItemThatIsRefusedAloneFailsWithWhatClaudeSays() {
    claude.fail(FaultRule.next(1, Fault.INVALID_REQUEST).on(BatchCall.CREATE));

    var item = batch(1).submit(postgres.database()).items().getFirst();

    assertThat(jobs.awaitFinal(item).state()).isEqualTo(JobState.FAILED);
    assertThat(batches.column(item, "code")).containsExactly("invalid_request");
    assertThat(jobs.costs(item)).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(names = {"ITEM_OVERLOADED", "ITEM_API_ERROR", "ITEM_EXPIRED"})
  void anItemThatClaudeDidNotComeToGoesAgain(BatchFault fault) {
    claude.fail(BatchFaultRule.next(2, fault));

    var items = batch(6).submit(postgres.database()).items();
    awaitState(items, JobState.SUCCEEDED);

    assertThat(items.stream().filter(id -> jobs.attempts(id).size() == 2)).hasSize(2);
    batches.costWhatClaudeBilled(items);
  }

  @Test
  void anItemThatNeverGetsOnFailsWhenItsAttemptsAreUsedUp() {
    claude.fail(BatchFaultRule.always(BatchFault.ITEM_OVERLOADED));

    var item =
        batch(1).each(job -> job.maxAttempts(2)).submit(postgres.database()).items().getFirst();

    assertThat(jobs.awaitFinal(item).state()).isEqualTo(JobState.FAILED);
    assertThat(batches.column(item, "code")).containsExactly("overloaded", "overloaded");
  }

  @Test
  void anInvalidItemFailsWithWhatClaudeSays() {
    var items =
        batch(1)
            .each(job -> job.model("claude-unheard-of", "claude-unheard-of").maxAttempts(2))
            .submit(postgres.database())
            .items();
    claude.fail(BatchFaultRule.next(1, BatchFault.ITEM_INVALID));
    var invalid = batch(1).submit(postgres.database()).items().getFirst();

    var view = jobs.awaitFinal(invalid);

    assertThat(view.state()).isEqualTo(JobState.FAILED);
    assertThat(new String(view.body(), StandardCharsets.UTF_8)).contains("invalid_request_error");
    assertThat(jobs.awaitFinal(items.getFirst()).state()).isEqualTo(JobState.FAILED);
  }

  @Test
  void notFoundMeansNothingForAWhile() {
    claude.batches(BatchSettings.defaults().withNotFound(Duration.ofSeconds(1)));
    claude.fail(FaultRule.next(2, Fault.NOT_FOUND).on(BatchCall.RESULTS));

    var items = batch(3).submit(postgres.database()).items();
    awaitState(items, JobState.SUCCEEDED);

    assertThat(batches.atClaude(items)).hasSize(1);
    assertThat(items).allMatch(id -> jobs.attempts(id).size() == 1);
  }

  @ParameterizedTest
  @EnumSource(names = {"TRUNCATED", "STREAM_STOP", "STREAM_CUT", "RESET", "OVERLOADED", "EMPTY"})
  void halfReadResultsAreReadAgain(Fault fault) {
    claude.fail(FaultRule.next(1, fault).on(BatchCall.RESULTS));

    var items = batch(9).submit(postgres.database()).items();
    awaitState(items, JobState.SUCCEEDED);

    assertThat(batches.atClaude(items)).hasSize(1);
    assertThat(items).allMatch(id -> jobs.attempts(id).size() == 1);
    batches.costWhatClaudeBilled(items);
  }

  @Test
  void aBatchThatIsTooSlowLosesItsItemsToTheQueueAndWhatItCostIsShown() {
    claude.batches(BatchSettings.defaults().withTime(Duration.ofHours(1)).withInFlight(2));

    var items = batch(3).auto(Duration.ofSeconds(2)).submit(postgres.database()).items();
    awaitState(items, JobState.SUCCEEDED);

    for (JobId id : items) {
      assertThat(claude.callsOf(id.toString())).hasSize(1);
      assertThat(jobs.attempts(id)).hasSize(2);
    }
    // It is canceled as nobody waits for it, which two items outrun.
    batches.awaitSettled();
    var paidTwice =
        items.stream()
            .filter(id -> batches.column(id, "outcome").equals(List.of("succeeded", "succeeded")))
            .toList();
    assertThat(paidTwice).hasSize(2);
    for (JobId id : paidTwice) {
      assertThat(jobs.attempts(id).getValues("fenced_out", Boolean.class))
          .containsExactly(true, false);
      assertThat(jobs.costs(id).getValues("kind", String.class)).containsOnly("charged");
    }
    assertThat(items).allMatch(id -> jobs.view(id).suspectedCost().signum() == 0);
  }

  @Test
  void anItemWhoseDeadlinePassesExpiresThoughItsBatchHasIt() {
    claude.batches(BatchSettings.defaults().withTime(Duration.ofHours(1)).withInFlight(0));

    var item =
        batch(1).expiresIn(Duration.ofSeconds(2)).submit(postgres.database()).items().getFirst();

    assertThat(jobs.awaitFinal(item).state()).isEqualTo(JobState.EXPIRED);
    batches.awaitSettled();
    assertThat(jobs.costs(item)).isEmpty();
  }

  @Test
  void canceledItemsAreCanceledAtClaudeAndWhatWasDoneIsKept() {
    claude.batches(BatchSettings.defaults().withTime(Duration.ofHours(1)).withInFlight(2));
    var items = batch(6).submit(postgres.database()).items();
    await().atMost(Duration.ofSeconds(20)).until(() -> !batches.atClaude(items).isEmpty());

    new TenantJobs(postgres.database()).cancel(1, items);
    batches.awaitSettled();

    var states = items.stream().map(id -> jobs.view(id).state()).toList();
    assertThat(states).filteredOn(JobState.SUCCEEDED::equals).hasSize(2);
    assertThat(states).filteredOn(JobState.CANCELED::equals).hasSize(4);
    assertThat(batches.itemsOf(items))
        .filteredOn(item -> item.outcome() == ItemOutcome.SUCCEEDED)
        .hasSize(2);
    batches.costWhatClaudeBilled(items);
  }

  private static void awaitState(List<JobId> ids, JobState state) {
    jobs.awaitFinal(ids, Duration.ofSeconds(60));
    assertThat(ids).allMatch(id -> jobs.view(id).state() == state);
  }

  private static List<JobId> join(List<JobId> one, List<JobId> other) {
    return Stream.concat(one.stream(), other.stream()).toList();
  }
}
