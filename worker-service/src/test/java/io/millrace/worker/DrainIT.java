package io.millrace.worker;

import static io.millrace.testkit.BatchFixture.batch;
import static io.millrace.testkit.JobFixture.job;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.db.worker.Workers;
import io.millrace.job.JobState;
import io.millrace.simulator.Simulator;
import io.millrace.simulator.SimulatorSettings;
import io.millrace.simulator.fault.BatchCall;
import io.millrace.simulator.fault.Fault;
import io.millrace.simulator.fault.FaultRule;
import io.millrace.simulator.timing.Latency;
import io.millrace.testkit.Invariants;
import io.millrace.testkit.KafkaExtension;
import io.millrace.testkit.PostgresExtension;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * P10: a SIGTERM drains. The lease is longer than any test waits, so that whatever were left to a
 * lease would fail it.
 */
class DrainIT {

  private static final int JOBS = 50;
  private static final Duration SOON = Duration.ofSeconds(30);
  private static final String LEASE = "millrace.lease=10m";

  @RegisterExtension final PostgresExtension postgres = PostgresExtension.shared();
  @RegisterExtension static final KafkaExtension kafka = KafkaExtension.any();

  @AfterEach
  void invariantsHold() {
    Invariants.hold(postgres.database());
  }

  @Test
  void runningCallsFinishAndWhatWasNotBegunGoesToAnother() throws Exception {
    var jobs = new Jobs(postgres.database());
    try (var claude = slow(Duration.ofMillis(1_500));
        var first = WorkerProcess.start(postgres, kafka, claude.baseUri(), LEASE)) {
      var running = job().submit(postgres.database(), JOBS);
      claude.awaitReceived(JOBS, Duration.ofMinutes(1));

      int exit = first.terminate();

      assertThat(exit).isIn(0, 143);
      assertThat(jobs.count("job where state = 'succeeded'")).isEqualTo(JOBS);
      assertThat(new Workers(postgres.database()).all()).isEmpty();
      var later = job().submit(postgres.database(), JOBS);
      try (var _ = TestWorker.start(postgres, kafka, claude.baseUri(), LEASE)) {
        jobs.awaitFinal(later, SOON);
      }
      running.forEach(id -> assertThat(claude.callsOf(id.toString())).hasSize(1));
      assertThat(jobs.count("attempt where outcome <> 'succeeded'")).isZero();
    }
  }

  @Test
  void callsLongerThanTheGraceAreGivenBackAtOnceAndMadeByAnother() throws Exception {
    var jobs = new Jobs(postgres.database());
    try (var claude = slow(Duration.ofMinutes(5));
        var first =
            WorkerProcess.start(
                postgres, kafka, claude.baseUri(), LEASE, "millrace.drain.grace=1s")) {
      var running = job().submit(postgres.database(), JOBS);
      claude.awaitReceived(JOBS, Duration.ofMinutes(1));
      claude.latency(Latency.INSTANT);
      try (var second = TestWorker.start(postgres, kafka, claude.baseUri(), LEASE)) {
        await().atMost(SOON).until(() -> new Workers(postgres.database()).all().size() == 2);

        int exit = first.terminate();

        assertThat(exit).isIn(0, 143);
        assertThat(new Workers(postgres.database()).all()).hasSize(1);
        jobs.awaitFinal(running, SOON);
        assertThat(second.bean(io.millrace.worker.dispatch.Dispatcher.class).isElected()).isTrue();
      }
      assertThat(running)
          .allSatisfy(id -> {
            assertThat(jobs.view(id).state()).isEqualTo(JobState.SUCCEEDED);
            assertThat(claude.callsOf(id.toString())).hasSize(2);
            assertThat(jobs.attempts(id).getValues("code", String.class))
                .containsExactly("drained", null);
            assertThat(jobs.view(id).suspectedCost()).isPositive();
          });
    }
  }

  @Test
  void aBatchThatIsBeingSentIsWaitedForAndAnotherGoesOnWithItAtOnce() throws Exception {
    var jobs = new Jobs(postgres.database());
    String[] settings = {
      LEASE, "millrace.batches.max-wait=100ms", "millrace.batches.poll-interval=300ms"
    };
    try (var claude = Simulator.start();
        var first = WorkerProcess.start(postgres, kafka, claude.baseUri(), settings)) {
      claude.fail(FaultRule.next(1, Fault.SLOW_DRIP).on(BatchCall.CREATE));
      var items = batch(20).submit(postgres.database()).items();
      await().atMost(SOON).until(() -> claude.batches().size() == 1);

      int exit = first.terminate();

      assertThat(exit).isIn(0, 143);
      assertThat(jobs.count("provider_batch where proven and driver is null")).isEqualTo(1);
      try (var _ = TestWorker.start(postgres, kafka, claude.baseUri(), settings)) {
        jobs.awaitFinal(items, SOON);
      }
      assertThat(claude.batches()).hasSize(1);
      assertThat(jobs.count("attempt where outcome = 'succeeded'")).isEqualTo(20);
    }
  }

  private static Simulator slow(Duration latency) {
    return Simulator.start(SimulatorSettings.defaults().withLatency(Latency.of(latency)));
  }
}
