package io.millrace.testkit.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.db.limit.Blocks;
import io.millrace.db.limit.Blocks.Unfit;
import io.millrace.db.limit.PoolPauses;
import io.millrace.testkit.PostgresExtension;
import java.time.Duration;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class BlocksTest {

  @RegisterExtension final PostgresExtension postgres = PostgresExtension.shared();

  private Blocks blocks;

  @BeforeEach
  void openStore() {
    blocks = new Blocks(postgres.database());
  }

  @Test
  void aPoolThatNobodyDrewFromYetIsBlockedToo() {
    assertThat(block(5)).isTrue();

    assertThat(blocks.unfit()).containsExactly(new Unfit("opus", false));
    var row = postgres.database().dsl().fetchSingle("select * from rate_pool");
    assertThat(row.get("heard", Boolean.class)).isFalse();
    for (String array : new String[] {"limits", "told"}) {
      assertThat(row.get(array, Object[].class)).as(array).containsExactly(null, null, null);
    }
    for (String array : new String[] {"deficit", "burst", "burst_cap", "others", "typical"}) {
      assertThat(row.get(array, Object[].class)).as(array).containsExactly(0.0, 0.0, 0.0);
    }
  }

  @Test
  void aBlockIsProlongedAndNeverShortened() {
    block(60);
    assertThat(block(5)).isFalse();
    assertThat(left()).isBetween(50L, 60L);

    assertThat(block(120)).isTrue();
    assertThat(left()).isBetween(110L, 120L);
  }

  @Test
  void blocksEndByThemselves() {
    block(60);
    postgres.database().dsl().execute("update rate_pool set blocked_until = now()");

    assertThat(blocks.unfit()).isEmpty();
    assertThat(block(5)).isTrue();
  }

  @Test
  void aBlockByTheLimiterMakesNoPoolUnfit() {
    blocks.block("opus", Duration.ofSeconds(30), "requests");

    assertThat(blocks.unfit()).isEmpty();
  }

  @Test
  void aPoolIsOutOfReachOnceMostWorkersSaySo() {
    var stores = Stores.on(postgres.database());
    var first = stores.worker();
    var second = stores.worker();
    stores.worker();

    assertThat(outOfReach(first)).isFalse();
    assertThat(outOfReach(first)).as("it was counted before").isFalse();
    assertThat(blocks.unfit()).isEmpty();

    assertThat(outOfReach(second)).isTrue();
    assertThat(blocks.unfit()).containsExactly(new Unfit("opus", false));
  }

  @Test
  void theOnlyWorkerIsMostWorkers() {
    assertThat(outOfReach(Stores.on(postgres.database()).worker())).isTrue();
  }

  @Test
  void pausedPoolsAreUnfitWhileTheyArePaused() {
    var pauses = new PoolPauses(postgres.database());
    pauses.pause("haiku", "maintenance");
    pauses.fault("opus", "billing_error", Duration.ZERO);
    block(5);

    assertThat(blocks.unfit()).containsExactly(new Unfit("haiku", true), new Unfit("opus", true));

    pauses.resume("haiku");
    pauses.faultOver("opus");
    assertThat(blocks.unfit()).as("the block went with the pause").isEmpty();
  }

  @Test
  void onlyAPauseForRefusalsGoesOnAfterOneMore() {
    var pauses = new PoolPauses(postgres.database());
    pauses.fault("opus", "permanent_failures", Duration.ZERO);
    pauses.fault("haiku", "billing_error", Duration.ZERO);

    assertThat(pauses.refusedAgain("opus", "permanent_failures")).isTrue();
    assertThat(pauses.refusedAgain("haiku", "permanent_failures")).isFalse();

    assertThat(pauses.open())
        .extracting(pause -> pause.probeDelay().toSeconds())
        .containsExactly(5L, 10L);
  }

  private boolean outOfReach(UUID worker) {
    return blocks.outOfReach("opus", worker, Duration.ofSeconds(5));
  }

  private boolean block(int seconds) {
    return blocks.block("opus", Duration.ofSeconds(seconds), Blocks.CIRCUIT_OPEN);
  }

  private long left() {
    return postgres
        .database()
        .dsl()
        .fetchSingle("select extract(epoch from blocked_until - now())::bigint from rate_pool")
        .get(0, Long.class);
  }
}
