package io.millrace.worker;

import static io.millrace.testkit.JobFixture.job;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.db.job.JobViews;
import io.millrace.db.sql.Failures;
import io.millrace.job.JobId;
import io.millrace.simulator.Simulator;
import io.millrace.simulator.SimulatorSettings;
import io.millrace.simulator.timing.Latency;
import io.millrace.testkit.Invariants;
import io.millrace.testkit.KafkaExtension;
import io.millrace.testkit.PostgresExtension;
import io.millrace.testkit.Received;
import io.millrace.testkit.Receiver;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * P1, P2 and P8: under load, workers, Kafka and PostgreSQL are killed again and again in an order
 * that a seed decides. Nothing accepted is lost, no outcome is doubled, every call that Claude
 * received has its row, and a receiver hears of every job under one id.
 */
class KillAnythingIT {

  private static final int KILLS = 6;
  private static final int WAVE = 40;

  @RegisterExtension final PostgresExtension postgres = PostgresExtension.durable();
  @RegisterExtension final KafkaExtension kafka = KafkaExtension.killable();

  /** One seed for comparison over time, one that is new each time. */
  static List<Long> seeds() {
    return List.of(20261120L, new Random().nextLong(1_000_000));
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void nothingIsLostOrDoubled(long seed) throws Exception {
    var random = new Random(seed);
    var accepted = new ArrayList<JobId>();
    // Whose URLs are signed for.
    postgres.database().dsl().execute("insert into tenant (name) values ('acme')");
    var settings = SimulatorSettings.defaults().withLatency(Latency.of(Duration.ofMillis(1_500)));
    try (var claude = Simulator.start(settings);
        var receiver = Receiver.start();
        var one = start(claude);
        var two = start(claude)) {
      for (int i = 0; i < KILLS; i++) {
        submit(accepted, receiver);
        claude.awaitReceived(claude.stats().received() + 1, Duration.ofMinutes(1));
        pause(random.nextInt(3_000));
        switch (random.nextInt(4)) {
          case 0 -> one.restart();
          case 1 -> two.restart();
          case 2 -> {
            kafka.fixture().kill();
            submit(accepted, receiver);
            kafka.fixture().restart();
          }
          default -> {
            postgres.postgres().kill();
            pause(random.nextInt(1_000));
            postgres.postgres().restart();
          }
        }
      }
      awaitFinal(accepted);
      everyEndIsToldUnderOneId(accepted, receiver);

      Invariants.hold(postgres.database());
      everyCallHasItsRow(claude);
    }
  }

  private WorkerProcess start(Simulator claude) {
    return WorkerProcess.start(
        postgres,
        kafka,
        claude.baseUri(),
        "millrace.webhooks.allow=loopback",
        "millrace.webhooks.timeout=2s");
  }

  private void submit(List<JobId> accepted, Receiver receiver) {
    try {
      var url = receiver.url("/told").toString();
      accepted.addAll(job().webhook(url).submit(postgres.database(), WAVE));
    } catch (RuntimeException failure) {
      // Not accepted: a caller would have got a 503.
      assertThat(Failures.isConnection(failure)).as("%s", failure).isTrue();
    }
  }

  private void awaitFinal(List<JobId> accepted) {
    var views = new JobViews(postgres.database());
    await()
        .atMost(Duration.ofMinutes(2))
        .pollInterval(Duration.ofMillis(250))
        .untilAsserted(() -> {
          var left = new HashSet<>(accepted);
          left.removeAll(views.finished(accepted));
          assertThat(left).isEmpty();
        });
    var unsuccessful =
        postgres
            .database()
            .dsl()
            .fetch(
                "select state::text, failure_code, count(*) from job where state <> 'succeeded' group by 1, 2");
    assertThat(unsuccessful).isEmpty();
  }

  private void everyEndIsToldUnderOneId(List<JobId> accepted, Receiver receiver) {
    await()
        .atMost(Duration.ofMinutes(1))
        .pollInterval(Duration.ofMillis(250))
        .untilAsserted(() ->
            assertThat(
                    postgres
                        .database()
                        .dsl()
                        .fetchValue("select count(*) from delivery where state <> 'delivered'"))
                .isEqualTo(0L));
    var made = new HashMap<String, String>();
    postgres
        .database()
        .dsl()
        .fetch("select job_id, wire_id('msg_', id) from delivery")
        .forEach(row ->
            assertThat(
                    made.put(
                        row.get(1, String.class), new JobId(row.get(0, UUID.class)).toString()))
                .isNull());
    assertThat(made.values())
        .containsExactlyInAnyOrderElementsOf(accepted.stream().map(JobId::toString).toList());
    var told = receiver.requests("/told");
    assertThat(told)
        .allSatisfy(request ->
            assertThat(request.text()).contains("\"id\":\"" + made.get(request.id()) + "\""));
    assertThat(told.stream().map(Received::id).distinct())
        .containsExactlyInAnyOrderElementsOf(made.keySet());
  }

  private void everyCallHasItsRow(Simulator claude) {
    var rows = new HashSet<String>();
    postgres
        .database()
        .dsl()
        .fetch("select job_id, no from attempt")
        .forEach(
            row -> rows.add(new JobId(row.get(0, UUID.class)) + "#" + row.get(1, Integer.class)));
    assertThat(claude.journal())
        .isNotEmpty()
        .allSatisfy(call -> assertThat(rows).contains(call.job() + "#" + call.attempt()));
  }

  // The kill comes at a moment of the seed's choosing, in the middle of whatever is going on.
  private static void pause(int millis) throws InterruptedException {
    var never = new CountDownLatch(1);
    assertThat(never.await(millis, TimeUnit.MILLISECONDS)).isFalse();
  }
}
