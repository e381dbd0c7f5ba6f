package io.millrace.simulator.limit;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
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
    Pool.Admitted call = pool.admit(10, 10, 2_000, 10 * SECOND, 0);
    assertThat(pool.refuse(10, 9 * SECOND)).isEmpty();
    assertThat(pool.refuse(10, 10 * SECOND))
        .get()
        .extracting(Refusal::dimension)
        .isEqualTo(Dimension.OUTPUT_TOKENS);
    call.end(10 * SECOND, 2_000);
    assertThat(pool.refuse(10, 10 * SECOND)).isPresent();
    assertThat(pool.refuse(10, 11 * SECOND)).isEmpty();
    assertThat(pool.outputProduced()).isEqualTo(2_000);
  }

  @Test
  void aCallThatEndsEarlyIsChargedWhatItProduced() {
    Pool.Admitted call = pool.admit(10, 10, 5_000, 10 * SECOND, 0);
    assertThat(call.producedBy(SECOND)).isEqualTo(500);
    call.end(SECOND, 500);
    call.end(2 * SECOND, 5_000);
    // 1,000 + 100 − 500
    assertThat(pool.refuse(10, SECOND)).isEmpty();
    assertThat(pool.outputProduced()).isEqualTo(500);
    Pool.Admitted rest = pool.admit(10, 10, 600, 0, SECOND);
    rest.end(SECOND, 600);
    assertThat(pool.refuse(10, SECOND)).isPresent();
  }

  @Test
  void overALongTimeNoMoreIsAdmittedThanTheLimitAndOneBurst() {
    long admitted = 0;
    for (long millis = 0; millis < 600_000; millis++) {
      long now = millis * 1_000_000;
      if (pool.refuse(700, now).isEmpty()) {
        pool.admit(700, 700, 1, 0, now).end(now, 1);
        admitted += 700;
      }
    }
    assertThat(admitted).isBetween(600_000L, 610_000L);
  }

  @Test
  void aClockThatGoesBackRefillsNothing() {
    assertThat(pool.refuse(10_000, SECOND)).isEmpty();
    pool.admit(10_000, 10_000, 1, 0, SECOND).end(SECOND, 1);
    assertThat(pool.refuse(1_000, 0)).isPresent();
    assertThat(pool.refuse(1_000, SECOND)).isPresent();
    assertThat(pool.refuse(1_000, 2 * SECOND)).isEmpty();
  }
}
