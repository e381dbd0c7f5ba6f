package io.millrace.claude.limit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.millrace.claude.limit.Account.Job;
import io.millrace.rate.Dimension;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Draws of several workers, in their own time, against a model of the provider's buckets. */
class ReckoningTest {

  private static final int MINUTE = 60;

  @ParameterizedTest
  @CsvSource({
    "requests,       50, , , 1",
    "requests,     3000, , , 4",
    "requests,    10000, , , 8",
    "input_tokens, , 40000, , 4",
    "input_tokens, , 2000000, , 4",
    "output_tokens, , , 8000, 4",
    "output_tokens, , , 400000, 8",
    "all,          1000, 800000, 160000, 4",
  })
  void theBindingLimitIsUsedAndNoneIsExceeded(
      String binding, Long requests, Long input, Long output, int workers) {
    var account = new Account(PoolLimits.perMinute(requests, input, output), workers, 1);
    account.endless(random -> new Job(1, 500 + random.nextInt(3_000), 100 + random.nextInt(800)));

    account.run(30);
    account.measure();
    account.run(3 * MINUTE);

    assertThat(account.refused()).as("%s refused", binding).isZero();
    assertThat(account.used()).as("%s used", binding).isGreaterThan(0.97);
  }

  @ParameterizedTest
  @ValueSource(longs = {60, 600, 2_000})
  void aBurstOfTwoRequestsIsFoundOutAndKept(long perMinute) {
    var account = new Account(PoolLimits.perMinute(perMinute, null, null), 4, 2, 0);
    account.endless(_ -> new Job(1, 100, 100));
    account.run(MINUTE);
    account.measure();

    account.run(5 * MINUTE);

    assertThat(account.used()).isGreaterThan(0.97);
    assertThat(account.refusedShare()).isLessThan(0.001);
  }

  @Test
  void theHeadOfTheLineIsServedHoweverLargeItIs() {
    var account = new Account(PoolLimits.perMinute(null, 40_000L, null), 4, 7);
    account.endless(_ -> new Job(1, 2_000, 100));
    account.run(30);
    var giant = account.add(new Job(1, 30_000, 100).letGoBefore(60));

    account.run(MINUTE);

    assertThat(giant.started()).isTrue();
    assertThat(account.refused()).isZero();
    account.measure();
    account.run(2 * MINUTE);
    assertThat(account.used()).isGreaterThan(0.97);
  }

  @Test
  void interactiveJobsPassStandardOnesOfAllWorkers() {
    var account = new Account(PoolLimits.perMinute(60L, null, null), 4, 3);
    account.endless(_ -> new Job(1, 100, 100));
    account.run(30);

    var hurried = account.add(new Job(0, 100, 100));
    account.run(3);

    assertThat(hurried.started()).isTrue();
  }

  @Test
  void whatOthersUseIsLeftToThem() {
    var account = new Account(PoolLimits.perMinute(600L, 2_000_000L, null), 4, 5);
    account.endless(_ -> new Job(1, 1_000, 100));
    account.foreign(3, 1_000);
    account.run(60);
    account.measure();

    account.run(2 * MINUTE);

    assertThat(account.refusedShare()).isLessThan(0.01);
    assertThat(account.usedOfWhatIsLeft()).isGreaterThan(0.97);
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.7, 1.4})
  void estimatesThatAreOffAreSettled(double factor) {
    var account = new Account(PoolLimits.perMinute(null, 400_000L, null), 4, 11);
    account.estimate(factor);
    account.endless(random -> new Job(1, 1_000 + random.nextInt(1_000), 100));
    account.run(60);
    account.measure();

    account.run(2 * MINUTE);

    assertThat(account.used()).isGreaterThan(0.97);
    assertThat(account.refusedShare()).isLessThan(0.001);
  }

  @Test
  void aWorkerThatDiesCostsNoMoreThanItsCallsAndPlaces() {
    var account = new Account(PoolLimits.perMinute(1_000L, null, null), 4, 13);
    account.endless(_ -> new Job(1, 100, 100));
    account.run(30);
    account.kill(2);
    account.run(6);
    account.measure();

    account.run(MINUTE);

    assertThat(account.used()).isCloseTo(1, within(0.03));
  }

  @Test
  void aRefusalEmptiesItsBucketAndLetsOneCallGoAhead() {
    var account = new Account(PoolLimits.perMinute(6_000L, null, null), 1, 17);
    account.endless(_ -> new Job(1, 100, 100));
    account.run(30);

    account.refuse(Dimension.REQUESTS, 5);
    account.run(4.9);
    assertThat(account.startsWithin(4.5)).isZero();
    account.run(0.5);

    assertThat(account.startsWithin(0.4)).isBetween(1, 2);
    account.run(5);
    assertThat(account.startsWithin(2)).isGreaterThan(150);
  }

  @Test
  void callsUnderWayStayBelowTheCap() {
    var account = new Account(new PoolLimits(null, null, null, 7), 4, 19);
    account.endless(_ -> new Job(1, 100, 500));

    account.run(30);

    assertThat(account.mostUnderWay()).isEqualTo(7);
  }

  @Test
  void anAccountOfWhichNothingIsKnownIsTriedWithAFewCalls() {
    var account = new Account(PoolLimits.UNLIMITED, 4, 23);
    account.silent();
    account.endless(_ -> new Job(1, 100, 500));

    account.run(0.5);

    assertThat(account.mostUnderWay()).isBetween(16, 40);
    assertThat(List.of(account.mostUnderWay())).isNotEmpty();
  }
}
