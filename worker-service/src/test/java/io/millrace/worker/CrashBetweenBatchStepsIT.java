package io.millrace.worker;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.job.JobId;
import io.millrace.job.JobState;
import io.millrace.simulator.Simulator;
import io.millrace.testkit.Invariants;
import io.millrace.testkit.KafkaExtension;
import io.millrace.testkit.PostgresExtension;
import io.millrace.worker.DeadBatch.LastStep;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * P9 at each single step of a provider batch's life: processes died there, and two living workers
 * settle each item once, with one batch at Claude, except where nobody can know that none was sent.
 */
class CrashBetweenBatchStepsIT {

  @RegisterExtension static final PostgresExtension postgres = PostgresExtension.shared();
  @RegisterExtension static final KafkaExtension kafka = KafkaExtension.any();

  private static final Map<LastStep, List<JobId>> left = new EnumMap<>(LastStep.class);
  private static final List<TestWorker> workers = new ArrayList<>();
  private static Simulator claude;
  private static Jobs jobs;
  private static ProviderBatches batches;

  @BeforeAll
  static void theyDieAndTwoLive() {
    claude = Simulator.start();
    jobs = new Jobs(postgres.database());
    batches = new ProviderBatches(postgres.database(), claude, jobs);
    for (LastStep step : LastStep.values()) {
      try (var dead = new DeadBatch(postgres.database(), claude)) {
        left.put(step, step.of(dead).jobs());
      }
    }
    postgres.database().dsl().execute("update provider_batch set due_at = now()");
    workers.add(live());
    workers.add(live());
  }

  private static TestWorker live() {
    return TestWorker.start(
        postgres,
        kafka,
        claude.baseUri(),
        "millrace.lease=2s",
        "millrace.batches.max-wait=100ms",
        "millrace.batches.poll-interval=200ms",
        "millrace.batches.lost-wait=3s");
  }

  @AfterAll
  static void stop() {
    workers.forEach(TestWorker::close);
    claude.close();
  }

  @AfterEach
  void invariantsHold() {
    batches.awaitSettled();
    Invariants.hold(postgres.database());
  }

  @ParameterizedTest
  @EnumSource
  void eachItemOfADeadProcessesBatchSucceedsOnceAndIsPaidOnce(LastStep step) {
    var items = left.get(step);

    jobs.awaitFinal(items, Duration.ofSeconds(60));

    assertThat(items).allMatch(id -> jobs.view(id).state() == JobState.SUCCEEDED);
    assertThat(batches.itemsOf(items)).hasSize(items.size());
    for (JobId id : items) {
      if (step.isNeverSent()) {
        assertThat(batches.column(id, "code")).containsExactly("batch_lost", null);
      } else {
        assertThat(jobs.attempts(id)).hasSize(1);
      }
    }
    batches.costWhatClaudeBilled(items);
  }
}
