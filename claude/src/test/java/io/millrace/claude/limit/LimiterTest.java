package io.millrace.claude.limit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.millrace.claude.classify.Outcome.Dimension;
import io.millrace.claude.limit.Admission.Admitted;
import io.millrace.claude.limit.Admission.Wait;
import io.millrace.money.Usage;
import java.time.Duration;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LimiterTest {
  private static final String POOL = "sonnet-5-5";

  private long now = -5_000_000_000L;

  @Test
  void withoutLimitsEverythingStarts() {
    Limiter limiter = limiter(PoolLimits.UNLIMITED);

    for (int i = 0; i < 10_000; i++) {
      assertThat(limiter.tryAdmit(POOL, 1_000_000, 1_000_000)).isInstanceOf(Admitted.class);
    }
    assertThat(limiter.startable(POOL, Duration.ofSeconds(1))).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void aLimitThatNobodyConfiguredIsTakenFromTheProvider() {
    Limiter limiter = limiter(PoolLimits.UNLIMITED);
    assertThat(limiter.tryAdmit(POOL, 1, 1)).isInstanceOf(Admitted.class);

    limiter.reveal(POOL, new PoolLimits(60L, null, null));

    assertThat(limiter.tryAdmit(POOL, 1, 1))
        .isEqualTo(new Wait(Duration.ofSeconds(1), Dimension.REQUESTS));
  }

  @Test
  void theSmallerOfConfigurationAndHeaderIsInForce() {
    Limiter limiter = limiter(new PoolLimits(60L, null, null));

    limiter.reveal(POOL, new PoolLimits(6_000L, null, null));

    assertThat(limiter.tryAdmit(POOL, 1, 1)).isInstanceOf(Admitted.class);
    assertThat(limiter.tryAdmit(POOL, 1, 1))
        .isEqualTo(new Wait(Duration.ofSeconds(1), Dimension.REQUESTS));
  }

  @Test
  void requestsRefillContinuously() {
    Limiter limiter = limiter(new PoolLimits(60L, null, null));

    assertThat(limiter.tryAdmit(POOL, 1, 1)).isInstanceOf(Admitted.class);
    assertThat(limiter.tryAdmit(POOL, 1, 1))
        .isEqualTo(new Wait(Duration.ofSeconds(1), Dimension.REQUESTS));
    pass(Duration.ofMillis(400));
    assertThat(limiter.tryAdmit(POOL, 1, 1))
        .isEqualTo(new Wait(Duration.ofMillis(600), Dimension.REQUESTS));
    pass(Duration.ofMillis(600));
    assertThat(limiter.tryAdmit(POOL, 1, 1)).isInstanceOf(Admitted.class);
  }

  @Test
  void aCallThatHasToWaitReservesNothing() {
    Limiter limiter = limiter(new PoolLimits(60_000L, 6_000L, null));

    assertThat(limiter.tryAdmit(POOL, 500, 0)).isInstanceOf(Admitted.class);
    for (int i = 0; i < 2_000; i++) {
      assertThat(limiter.tryAdmit(POOL, 100, 0)).isInstanceOf(Wait.class);
    }
    pass(Duration.ofSeconds(1));
    assertThat(limiter.tryAdmit(POOL, 100, 0)).isInstanceOf(Admitted.class);
  }

  @Test
  void theScarcestDimensionBinds() {
    Limiter limiter = limiter(new PoolLimits(600L, 6_000L, 600L));
    limiter.tryAdmit(POOL, 500, 50);

    assertThat(limiter.tryAdmit(POOL, 100, 40))
        .isEqualTo(new Wait(Duration.ofSeconds(4), Dimension.OUTPUT_TOKENS));
    assertThat(limiter.tryAdmit(POOL, 300, 10))
        .isEqualTo(new Wait(Duration.ofSeconds(3), Dimension.INPUT_TOKENS));
  }

  @Test
  void settlingReplacesTheEstimate() {
    Limiter limiter = limiter(new PoolLimits(null, 6_000L, 6_000L));
    var cheap = ((Admitted) limiter.tryAdmit(POOL, 500, 500)).permit();
    limiter.settle(cheap, Usage.of(100, 100).withCache(0, 0, 1_000_000));

    assertThat(limiter.tryAdmit(POOL, 400, 400)).isInstanceOf(Admitted.class);

    pass(Duration.ofSeconds(5));
    var dear = ((Admitted) limiter.tryAdmit(POOL, 500, 0)).permit();
    limiter.settle(dear, Usage.of(600, 0).withCache(300, 100, 0));
    assertThat(limiter.tryAdmit(POOL, 100, 0))
        .isEqualTo(new Wait(Duration.ofSeconds(6), Dimension.INPUT_TOKENS));
  }

  @Test
  void whatWasNotSentIsGivenBack() {
    Limiter limiter = limiter(new PoolLimits(60L, 600L, null));
    var permit = ((Admitted) limiter.tryAdmit(POOL, 50, 0)).permit();
    limiter.giveBack(permit);

    assertThat(limiter.tryAdmit(POOL, 50, 0)).isInstanceOf(Admitted.class);
  }

  @Test
  void whatIsLargerThanTheBucketGoesWhenItIsFullAndLeavesADebt() {
    Limiter limiter = limiter(new PoolLimits(null, 6_000L, null));

    assertThat(limiter.tryAdmit(POOL, 2_000, 0)).isInstanceOf(Admitted.class);
    assertThat(limiter.tryAdmit(POOL, 1, 0)).isInstanceOf(Wait.class);
    pass(Duration.ofSeconds(15));
    assertThat(limiter.tryAdmit(POOL, 1, 0)).isInstanceOf(Wait.class);
    pass(Duration.ofMillis(20));
    assertThat(limiter.tryAdmit(POOL, 1, 0)).isInstanceOf(Admitted.class);
  }

  @Test
  void aBlockHoldsThePoolAndNoOther() {
    Limiter limiter = limiter(PoolLimits.UNLIMITED);
    limiter.block(POOL, Duration.ofSeconds(10), null);
    limiter.block(POOL, Duration.ofSeconds(3), null);

    assertThat(limiter.tryAdmit(POOL, 1, 1)).isEqualTo(new Wait(Duration.ofSeconds(10), null));
    assertThat(limiter.startable(POOL, Duration.ofSeconds(2))).isZero();
    assertThat(limiter.tryAdmit("other", 1, 1)).isInstanceOf(Admitted.class);
    pass(Duration.ofSeconds(10));
    assertThat(limiter.tryAdmit(POOL, 1, 1)).isInstanceOf(Admitted.class);
  }

  @Test
  void aBlockEmptiesTheDimensionThatWasNamed() {
    Limiter limiter = limiter(new PoolLimits(null, 6_000L, 6_000L));
    limiter.block(POOL, Duration.ofSeconds(1), Dimension.INPUT_TOKENS);
    pass(Duration.ofSeconds(1));

    assertThat(limiter.tryAdmit(POOL, 200, 0))
        .isEqualTo(new Wait(Duration.ofSeconds(1), Dimension.INPUT_TOKENS));
    assertThat(limiter.tryAdmit(POOL, 0, 500)).isInstanceOf(Admitted.class);
  }

  @Test
  void startableFollowsTheAverageCall() {
    Limiter limiter = limiter(new PoolLimits(6_000L, 60_000L, null));
    limiter.tryAdmit(POOL, 1_000, 0);

    // 4,000 are left of the burst of 5,000, and 1,000 come in each second.
    assertThat(limiter.startable(POOL, Duration.ofSeconds(2))).isEqualTo(6);
    assertThat(limiter.startable(POOL, Duration.ZERO)).isEqualTo(4);
  }

  @Test
  void aNamedPoolHasItsOwnLimitsAndOthersTheDefault() {
    var limiter =
        new Limiter(
            Map.of(POOL, PoolLimits.UNLIMITED, "default", new PoolLimits(60L, null, null)),
            () -> now);

    limiter.tryAdmit(POOL, 1, 1);
    limiter.tryAdmit("haiku-5-5", 1, 1);
    assertThat(limiter.tryAdmit(POOL, 1, 1)).isInstanceOf(Admitted.class);
    assertThat(limiter.tryAdmit("haiku-5-5", 1, 1)).isInstanceOf(Wait.class);
    assertThat(limiter.tryAdmit("opus-5", 1, 1)).isInstanceOf(Admitted.class);
    assertThatIllegalArgumentException().isThrownBy(() -> new PoolLimits(0L, null, null));
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void noMinuteExceedsTheLimitsAndTheyAreUsed(long seed) {
    var random = new Random(seed);
    Limiter limiter = limiter(new PoolLimits(600L, 600_000L, 60_000L));
    long requests = 0;
    long input = 0;
    long output = 0;
    long end = now + Duration.ofMinutes(10).toNanos();
    while (now < end) {
      long inputTokens = random.nextLong(1, 2_000);
      long outputTokens = random.nextLong(1, 200);
      switch (limiter.tryAdmit(POOL, inputTokens, outputTokens)) {
        case Admitted(var permit) -> {
          requests++;
          long actual = random.nextLong(1, outputTokens + 1);
          limiter.settle(permit, Usage.of(inputTokens, actual));
          input += inputTokens;
          output += actual;
        }
        case Wait(var delay, _) -> {
          assertThat(delay).isPositive();
          pass(delay);
        }
      }
    }

    assertThat(requests).as("seed %d", seed).isLessThanOrEqualTo(6_000 + 10);
    assertThat(input).isLessThanOrEqualTo(6_000_000 + 50_000);
    assertThat(output).isLessThanOrEqualTo(600_000 + 5_000);
    assertThat(Math.max(requests / 6_000.0, input / 6_000_000.0)).isGreaterThan(0.97);
  }

  @Test
  void manyThreadsTogetherGetNoMoreThanTheBurst() {
    Limiter limiter = limiter(new PoolLimits(6_000L, null, null));
    var admitted = new AtomicInteger();
    try (var threads = Executors.newFixedThreadPool(8)) {
      for (int i = 0; i < 8; i++) {
        threads.execute(() -> {
          for (int call = 0; call < 1_000; call++) {
            if (limiter.tryAdmit(POOL, 1, 1) instanceof Admitted) {
              admitted.incrementAndGet();
            }
          }
        });
      }
    }

    assertThat(admitted).hasValue(100);
  }

  private Limiter limiter(PoolLimits limits) {
    return new Limiter(Map.of(POOL, limits), () -> now);
  }

  private void pass(Duration time) {
    now += time.toNanos();
  }
}
