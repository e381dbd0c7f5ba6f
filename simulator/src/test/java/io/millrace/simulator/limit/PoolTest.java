package io.millrace.simulator.limit;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class PoolTest {
  private static final long SECOND = 1_000_000_000L;

  private final Pool pool = new Pool(0);

  PoolTest() {
    pool.resize(
        new PoolLimits(6_000, 60_000, 6_000), Duration.ofSeconds(5), Duration.ofSeconds(10), 0);
  }

  @Test
  void outputIsChargedWhileItIsProduced() {
    // 100 a second come in, the bucket holds 1,000; this call takes 200 a second for ten seconds.
    Pool.Admitted call = pool.admit(Caller.MILLRACE, 10, 10, 2_000, 10 * SECOND, 0);
    assertThat(pool.refuse(Caller.MILLRACE, 10, 9 * SECOND)).isEmpty();
    assertThat(pool.refuse(Caller.MILLRACE, 10, 10 * SECOND))
        .get()
        .extracting(Refusal::dimension)
        .isEqualTo(Dimension.OUTPUT_TOKENS);
    call.end(10 * SECOND, 2_000);
    assertThat(pool.refuse(Caller.MILLRACE, 10, 10 * SECOND)).isPresent();
    assertThat(pool.refuse(Caller.MILLRACE, 10, 11 * SECOND)).isEmpty();
    assertThat(pool.outputProduced()).isEqualTo(2_000);
  }

  @Test
  void aCallThatEndsEarlyIsChargedWhatItProduced() {
    Pool.Admitted call = pool.admit(Caller.MILLRACE, 10, 10, 5_000, 10 * SECOND, 0);
    assertThat(call.producedBy(SECOND)).isEqualTo(500);
    call.end(SECOND, 500);
    call.end(2 * SECOND, 5_000);
    // 1,000 + 100 − 500
    assertThat(pool.refuse(Caller.MILLRACE, 10, SECOND)).isEmpty();
    assertThat(pool.outputProduced()).isEqualTo(500);
    Pool.Admitted rest = pool.admit(Caller.MILLRACE, 10, 10, 600, 0, SECOND);
    rest.end(SECOND, 600);
    assertThat(pool.refuse(Caller.MILLRACE, 10, SECOND)).isPresent();
  }

  @Test
  void overALongTimeNoMoreIsAdmittedThanTheLimitAndOneBurst() {
    long admitted = 0;
    for (long millis = 0; millis < 600_000; millis++) {
      long now = millis * 1_000_000;
      if (pool.refuse(Caller.MILLRACE, 700, now).isEmpty()) {
        pool.admit(Caller.MILLRACE, 700, 700, 1, 0, now).end(now, 1);
        admitted += 700;
      }
    }
    assertThat(admitted).isBetween(600_000L, 610_000L);
  }

  @Test
  void aClockThatGoesBackRefillsNothing() {
    assertThat(pool.refuse(Caller.MILLRACE, 10_000, SECOND)).isEmpty();
    pool.admit(Caller.MILLRACE, 10_000, 10_000, 1, 0, SECOND).end(SECOND, 1);
    assertThat(pool.refuse(Caller.MILLRACE, 1_000, 0)).isPresent();
    assertThat(pool.refuse(Caller.MILLRACE, 1_000, SECOND)).isPresent();
    assertThat(pool.refuse(Caller.MILLRACE, 1_000, 2 * SECOND)).isEmpty();
  }

  @Test
  void theHistoryTellsEachSecondOfEachCaller() {
    Pool.Admitted slow = pool.admit(Caller.MILLRACE, 10, 12, 300, 3 * SECOND, SECOND / 2);
    pool.admit(Caller.OTHERS, 5_000, 5_000, 0, 0, SECOND).end(SECOND, 0);
    assertThat(pool.refuse(Caller.OTHERS, 9_000, 2 * SECOND)).isPresent();
    slow.end(7 * SECOND / 2, 300);
    List<PoolSecond> seconds = pool.history(4 * SECOND);
    assertThat(seconds).extracting(PoolSecond::second).containsExactly(0L, 1L, 2L, 3L, 4L);
    assertThat(seconds)
        .extracting(second -> Math.round(second.millrace().outputTokens()))
        .containsExactly(50L, 100L, 100L, 50L, 0L);
    assertThat(seconds.get(0).millrace()).isEqualTo(new Use(1, 10, 50, 0, 0, 0));
    assertThat(seconds.get(3).millrace().inputTokens()).isEqualTo(2);
    assertThat(seconds.get(1).others()).isEqualTo(new Use(1, 5_000, 0, 0, 0, 0));
    assertThat(seconds.get(2).others().refusedForInput()).isEqualTo(1);
    assertThat(seconds.get(1).lowest()).containsEntry(Dimension.INPUT_TOKENS, 5_000.0);
  }
}
