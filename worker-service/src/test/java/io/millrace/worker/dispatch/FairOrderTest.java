package io.millrace.worker.dispatch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.millrace.db.job.Releases.Pick;
import io.millrace.db.job.Releases.Queue;
import io.millrace.job.Lane;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FairOrderTest {

  private static final String POOL = "haiku-5.5";
  private static final List<Lane> LANES = List.of(Lane.values());

  private final FairOrder order = new FairOrder();
  private final Map<Queue, Integer> started = new HashMap<>();
  private final Map<Queue, Double> spent = new HashMap<>();

  @Test
  void nothingReadyOrNoBudgetIsNothing() {
    assertThat(order.share(POOL, List.of(), 10)).isEmpty();
    assertThat(order.share(POOL, List.of(standard(1)), 0)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void theBudgetIsSpentAndNotExceeded(long seed) {
    var random = new Random(seed);
    for (int i = 0; i < 200; i++) {
      List<Queue> ready =
          IntStream.range(0, 1 + random.nextInt(20))
              .mapToObj(tenant -> new Queue(POOL, LANES.get(random.nextInt(3)), tenant))
              .toList();
      int budget = random.nextInt(60);

      List<Pick> picks = order.share(POOL, ready, budget);

      assertThat(picks.stream().mapToInt(Pick::jobs).sum()).isEqualTo(budget);
      assertThat(picks).extracting(Pick::queue).doesNotHaveDuplicates().isSubsetOf(ready);
      picks.forEach(pick -> order.charge(pick.queue(), 0.1 + random.nextDouble()));
    }
  }

  /** Its backlog never shows: a queue is asked for its head only. */
  @Test
  void aTenantWithAMillionJobsHasItsShareAndNoMore() {
    List<Queue> ready = tenants(10);

    rounds(ready, 1_000, 7, FairOrderTest::one);

    ready.forEach(queue -> assertThat(started.get(queue)).isCloseTo(700, within(8)));
  }

  @Test
  void aTenantWithHugeJobsHasItsShareOfTheLimitNotOfTheStarts() {
    List<Queue> ready = tenants(5);

    rounds(ready, 4_000, 5, queue -> queue.tenantId() == 0 ? 100 : 1);

    double all = spent.values().stream().mapToDouble(cost -> cost).sum();
    ready.forEach(queue -> assertThat(spent.get(queue) / all).isCloseTo(0.2, within(0.02)));
  }

  @ParameterizedTest
  @ValueSource(longs = {11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
  void sharesOfCostAreEqualInTheLongRunForAnyMix(long seed) {
    var random = new Random(seed);
    List<Queue> ready = tenants(2 + random.nextInt(9));
    Map<Queue, Double> usual = new HashMap<>();
    ready.forEach(queue -> usual.put(queue, Math.exp(random.nextDouble() * 5)));

    rounds(
        ready,
        20_000,
        1 + random.nextInt(30),
        queue -> usual.get(queue) * (0.2 + 1.6 * random.nextDouble()));

    double fair = spent.values().stream().mapToDouble(cost -> cost).sum() / ready.size();
    ready.forEach(queue ->
        assertThat(spent.get(queue))
            .as("seed %d, %s of %d tenants", seed, queue, ready.size())
            .isCloseTo(fair, within(0.05 * fair)));
  }

  /** The bound that matters to a small tenant: how much of the others goes before its one job. */
  @Test
  void aNewTenantsFirstJobIsAmongTheNextOfEachTenant() {
    List<Queue> busy = tenants(4);
    rounds(busy, 500, 10, FairOrderTest::one);
    List<Queue> all = new ArrayList<>(busy);
    all.add(standard(99));

    var picks = order.share(POOL, all, all.size() + 1);

    assertThat(picks).extracting(Pick::queue).contains(standard(99));
  }

  @Test
  void aTenantThatWasAwayEarnsNoCredit() {
    List<Queue> both = tenants(2);
    rounds(both, 100, 2, FairOrderTest::one);
    rounds(both.subList(0, 1), 1_000, 10, FairOrderTest::one);
    started.clear();

    rounds(both, 100, 10, FairOrderTest::one);

    assertThat(started.get(both.get(1))).isCloseTo(500, within(15));
  }

  @Test
  void aTenantThatWasAwayEarnsNoCreditWhenItWasForgottenEither() {
    List<Queue> both = tenants(2);
    rounds(both, 100, 2, FairOrderTest::one);
    rounds(both.subList(0, 1), 1_000, 10, FairOrderTest::one);
    order.forgetIdle();
    started.clear();

    rounds(both, 100, 10, FairOrderTest::one);

    assertThat(started.get(both.get(1))).isCloseTo(500, within(15));
  }

  @Test
  void interactiveGoesBeforeStandard() {
    var interactive = new Queue(POOL, Lane.INTERACTIVE, 1);

    rounds(List.of(standard(1), interactive), 100, 10, FairOrderTest::one);

    assertThat(started).containsOnlyKeys(interactive);
  }

  @Test
  void bulkKeepsItsFloor() {
    var interactive = new Queue(POOL, Lane.INTERACTIVE, 1);
    var bulk = new Queue(POOL, Lane.BULK, 2);

    rounds(List.of(interactive, standard(1), bulk), 1_000, 3, FairOrderTest::one);

    assertThat(started.get(bulk)).isEqualTo(150);
    assertThat(started.get(interactive)).isEqualTo(2_850);
  }

  @Test
  void bulkHasAllThatNobodyElseWants() {
    var bulk = new Queue(POOL, Lane.BULK, 2);

    rounds(List.of(bulk), 10, 10, FairOrderTest::one);

    assertThat(started.get(bulk)).isEqualTo(100);
  }

  @Test
  void poolsDoNotOweEachOther() {
    var here = standard(1);
    var there = new Queue("sonnet-5.5", Lane.STANDARD, 1);
    order.charge(here, 1_000_000);

    assertThat(order.share("sonnet-5.5", List.of(there), 3)).containsExactly(new Pick(there, 3));
  }

  private void rounds(List<Queue> ready, int rounds, int budget, ToDoubleFunction<Queue> cost) {
    for (int i = 0; i < rounds; i++) {
      for (Pick pick : order.share(POOL, ready, budget)) {
        started.merge(pick.queue(), pick.jobs(), Integer::sum);
        for (int job = 0; job < pick.jobs(); job++) {
          double took = cost.applyAsDouble(pick.queue());
          order.charge(pick.queue(), took);
          spent.merge(pick.queue(), took, Double::sum);
        }
      }
    }
  }

  private static List<Queue> tenants(int count) {
    return IntStream.range(0, count).mapToObj(FairOrderTest::standard).toList();
  }

  private static Queue standard(int tenant) {
    return new Queue(POOL, Lane.STANDARD, tenant);
  }

  /** Every job costs the same. */
  private static double one(Queue queue) {
    return 1;
  }
}
