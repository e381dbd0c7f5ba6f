package io.millrace.worker;

import static io.millrace.testkit.JobFixture.job;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.job.JobId;
import io.millrace.simulator.Simulator;
import io.millrace.simulator.SimulatorSettings;
import io.millrace.simulator.timing.Latency;
import io.millrace.testkit.FaultyLine;
import io.millrace.testkit.Invariants;
import io.millrace.testkit.KafkaExtension;
import io.millrace.testkit.PostgresExtension;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * P1 and P2 while a store is away, restarted, or out of reach without a word. All that is asked
 * for: nobody's call is repeated, since no worker was lost, and everything goes on by itself.
 */
class OutagesIT {

  private static final Duration SECOND_AND_A_HALF = Duration.ofMillis(1_500);

  @RegisterExtension final PostgresExtension postgres = PostgresExtension.durable();
  @RegisterExtension static final KafkaExtension kafka = KafkaExtension.any();

  @AfterEach
  void invariantsHold() {
    Invariants.hold(postgres.database());
  }

  @Test
  void jobsThatComeWhileKafkaIsAwayRunWhenItIsBack() {
    try (var claude = Simulator.start();
        var worker = TestWorker.start(postgres, kafka, claude.baseUri())) {
      var accepted = new ArrayList<>(job().submit(postgres.database(), 100));
      awaitFinal(accepted);

      kafka.fixture().stop();
      accepted.addAll(job().submit(postgres.database(), 100));
      await()
          .atMost(Duration.ofSeconds(30))
          .until(() -> count(worker, "millrace.dispatch.unsent") > 0);
      accepted.addAll(job().submit(postgres.database(), 100));
      kafka.fixture().restart();

      awaitFinal(accepted);
      everyJobWasCalledOnce(claude, accepted);
    }
  }

  @Test
  void aRestartOfPostgresTakesNoRunningCallAway() throws Exception {
    try (var claude = slow();
        var one = TestWorker.start(postgres, kafka, claude.baseUri());
        var two = TestWorker.start(postgres, kafka, claude.baseUri())) {
      var accepted = job().submit(postgres.database(), 200);
      claude.awaitReceived(200, Duration.ofSeconds(60));

      postgres.postgres().restart();

      awaitFinal(accepted);
      everyJobWasCalledOnce(claude, accepted);
      assertThat(count(one, "millrace.jobs.rescued") + count(two, "millrace.jobs.rescued"))
          .isZero();
    }
  }

  @Test
  void aClaimWhoseReplyWasLostIsWorkedOn() {
    try (var claude = Simulator.start();
        var line = lineToPostgres()) {
      line.loseReplyTo("update job set state = 'running'");
      var accepted = job().submit(postgres.database(), 10);

      try (var _ =
          TestWorker.start(
              postgres, kafka, claude.baseUri(), through(line), "millrace.lease=10m")) {
        awaitFinal(accepted);
      }

      assertThat(line.hasLostReply()).isTrue();
      everyJobWasCalledOnce(claude, accepted);
    }
  }

  @Test
  void aLineToPostgresThatGoesDeadIsReplaced() throws Exception {
    try (var claude = slow();
        var line = lineToPostgres();
        var _ =
            TestWorker.start(
                postgres, kafka, claude.baseUri(), through(line), "millrace.lease=15s")) {
      var accepted = new ArrayList<>(job().submit(postgres.database(), 50));
      claude.awaitReceived(50, Duration.ofSeconds(60));

      line.cut();
      accepted.addAll(job().submit(postgres.database(), 50));

      awaitFinal(accepted);
      everyJobWasCalledOnce(claude, accepted);
    }
  }

  private FaultyLine lineToPostgres() {
    return new FaultyLine(postgres.postgres().port());
  }

  private String through(FaultyLine line) {
    return "spring.datasource.url="
        + postgres.jdbcUrl().replaceFirst(":\\d+/", ":" + line.port() + "/");
  }

  private void awaitFinal(List<JobId> accepted) {
    new Jobs(postgres.database()).awaitFinal(accepted, Duration.ofSeconds(90));
  }

  private void everyJobWasCalledOnce(Simulator claude, List<JobId> accepted) {
    assertThat(claude.stats().received()).isEqualTo(accepted.size());
    assertThat(new Jobs(postgres.database()).count("job where state = 'succeeded'"))
        .isEqualTo(accepted.size());
    assertThat(new Jobs(postgres.database()).count("attempt")).isEqualTo(accepted.size());
  }

  private static double count(TestWorker worker, String counter) {
    return worker.bean(MeterRegistry.class).get(counter).counter().count();
  }

  private static Simulator slow() {
    return Simulator.start(SimulatorSettings.defaults().withLatency(Latency.of(SECOND_AND_A_HALF)));
  }
}
