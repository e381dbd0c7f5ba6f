package io.millrace.worker.dispatch;

import static io.millrace.testkit.JobFixture.job;
import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.db.job.Fallbacks;
import io.millrace.db.job.JobView.Fallback;
import io.millrace.db.job.JobViews;
import io.millrace.db.limit.Blocks;
import io.millrace.db.limit.PoolPauses;
import io.millrace.job.JobId;
import io.millrace.model.ModelCatalogue;
import io.millrace.testkit.JobFixture;
import io.millrace.testkit.PostgresExtension;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class RerouteTest {

  @RegisterExtension final PostgresExtension postgres = PostgresExtension.shared();

  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private long now;
  private Blocks blocks;
  private PoolPauses pauses;
  private Reroute reroute;

  @BeforeEach
  void openStores() {
    blocks = new Blocks(postgres.database());
    pauses = new PoolPauses(postgres.database());
    reroute =
        new Reroute(
            blocks,
            new Fallbacks(postgres.database()),
            ModelCatalogue.bundled(),
            () -> now,
            meters);
  }

  @Test
  void nothingMovesWhileAllIsWell() {
    var id = flexible().submit(postgres.database());
    look();

    assertThat(fallback(id)).isNull();
  }

  @Test
  void jobsLeaveAPausedPoolAndAreCounted() {
    var id = flexible().submit(postgres.database());
    var steadfast = opus().submit(postgres.database());
    pauses.pause("opus-5-5", "maintenance");
    look();

    assertThat(fallback(id)).isEqualTo(new Fallback("claude-sonnet-5-5", "paused"));
    assertThat(fallback(steadfast)).isNull();
    assertThat(
            meters
                .counter("millrace.jobs.rerouted", "pool", "opus-5-5", "reason", "paused")
                .count())
        .isEqualTo(1);
  }

  @Test
  void theFirstFallbackWhosePoolIsFitIsTaken() {
    var id = flexible().submit(postgres.database());
    pauses.pause("sonnet-5-5", "maintenance");
    block("opus-5-5");
    look();

    assertThat(fallback(id)).isEqualTo(new Fallback("claude-haiku-5-5", "circuit_open"));
  }

  @Test
  void aJobWithoutAFitFallbackWaitsUntilThereIsOne() {
    var id = flexible().submit(postgres.database());
    block("opus-5-5");
    pauses.pause("sonnet-5-5", "maintenance");
    pauses.pause("haiku-5-5", "maintenance");
    look();
    assertThat(fallback(id)).isNull();

    pauses.resume("haiku-5-5");
    look();
    assertThat(fallback(id)).isEqualTo(new Fallback("claude-haiku-5-5", "circuit_open"));
  }

  @Test
  void itLooksOnceASecondAtMost() {
    look();
    var id = flexible().submit(postgres.database());
    block("opus-5-5");

    now += Duration.ofMillis(900).toNanos();
    reroute.once();
    assertThat(fallback(id)).isNull();

    now += Duration.ofMillis(100).toNanos();
    reroute.once();
    assertThat(fallback(id)).isNotNull();
  }

  @Test
  void thoseThatCanGoNowhereDoNotKeepOthersBack() {
    var soon = Instant.now().plusSeconds(600);
    opus()
        .expiresAt(soon)
        .fallbacks("claude-opus-5-5")
        .submit(postgres.database(), Reroute.BATCH * Reroute.BATCHES + 1);
    var last = flexible().expiresAt(soon.plusSeconds(1)).submit(postgres.database());
    block("opus-5-5");

    look();
    assertThat(fallback(last)).isNull();
    look();
    assertThat(fallback(last)).isNotNull();
  }

  @Test
  void aJobWhoseDeadlineIsNearerThanItsTurnGoesElsewhere() {
    var near = flexible().expiresAt(Instant.now().plusSeconds(20)).submit(postgres.database());
    var far = flexible().expiresAt(Instant.now().plusSeconds(600)).submit(postgres.database());
    opus().submit(postgres.database(), 100);
    crowd("opus-5-5", 5);
    look();

    assertThat(fallback(near)).isEqualTo(new Fallback("claude-sonnet-5-5", "deadline"));
    assertThat(fallback(far)).isNull();
  }

  @Test
  void aShortQueueIsNoReasonToLeaveAndACrowdedPoolIsNoBetter() {
    var near = flexible().expiresAt(Instant.now().plusSeconds(20)).submit(postgres.database());
    crowd("opus-5-5", 5);
    crowd("sonnet-5-5", 5);
    look();
    assertThat(fallback(near)).isNull();

    opus().submit(postgres.database(), 100);
    look();
    assertThat(fallback(near)).isEqualTo(new Fallback("claude-haiku-5-5", "deadline"));
  }

  private void look() {
    now += Duration.ofSeconds(1).toNanos();
    reroute.once();
  }

  private void block(String pool) {
    blocks.block(pool, Duration.ofMinutes(1), Blocks.CIRCUIT_OPEN);
  }

  /** Jobs wait in the pool, which starts that many a second. */
  private void crowd(String pool, int starts) {
    blocks.block(pool, Duration.ofMinutes(1), "requests");
    postgres
        .database()
        .dsl()
        .execute(
            "update rate_pool set blocked_until = null, blocked_by = null, waits_for = 'requests',"
                + " starts = ? where pool = ?",
            starts,
            pool);
  }

  private static JobFixture opus() {
    return job().model("claude-opus-5-5", "opus-5-5");
  }

  private static JobFixture flexible() {
    return opus().fallbacks("claude-opus-5-5", "claude-sonnet-5-5", "claude-haiku-5-5");
  }

  private @Nullable Fallback fallback(JobId id) {
    return new JobViews(postgres.database()).find(1, id).orElseThrow().fallback();
  }
}
