package io.millrace.worker;

import static io.millrace.testkit.JobFixture.job;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.db.job.JobViews;
import io.millrace.job.JobId;
import io.millrace.job.JobState;
import io.millrace.simulator.Simulator;
import io.millrace.simulator.fault.Fault;
import io.millrace.simulator.fault.FaultRule;
import io.millrace.testkit.KafkaExtension;
import io.millrace.testkit.PostgresExtension;
import io.millrace.worker.execute.Executions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A tenant all of whose calls hang, with far more jobs than there are slots. */
class PoisonedTenantIT {

  private static final int SLOTS = 40;

  @RegisterExtension static final PostgresExtension postgres = PostgresExtension.shared();
  @RegisterExtension static final KafkaExtension kafka = KafkaExtension.any();

  @Test
  void callsThatHangLeaveRoomForOtherTenants() {
    try (var claude = Simulator.start();
        var worker =
            TestWorker.start(
                postgres,
                kafka,
                claude.baseUri(),
                "millrace.worker.slots=" + SLOTS,
                "millrace.drain.grace=0s")) {
      postgres.database().dsl().execute("insert into tenant (name) values ('hanging'), ('other')");
      claude.fail(FaultRule.always(Fault.HANG).forModel("claude-opus-5-5"));
      job().model("claude-opus-5-5", "opus-5-5").submit(postgres.database(), 3 * SLOTS);
      await()
          .untilAsserted(
              () -> assertThat(claude.stats().inFlight()).isGreaterThanOrEqualTo(SLOTS * 8 / 10));

      List<JobId> others = job().tenant(2).submit(postgres.database(), 20);

      for (JobId id : others) {
        await()
            .until(() ->
                new JobViews(postgres.database()).find(2, id).orElseThrow().state()
                    == JobState.SUCCEEDED);
      }
      assertThat(worker.bean(Executions.class).held()).isBetween(SLOTS / 2, SLOTS);
    }
  }
}
