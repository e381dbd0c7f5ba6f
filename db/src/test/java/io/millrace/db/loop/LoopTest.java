package io.millrace.db.loop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LoopTest {

  private static final Duration BOUND = Duration.ofSeconds(10);
  private static final Duration FOREVER = Duration.ofDays(1);

  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final Semaphore rounds = new Semaphore(0);
  private Loop loop;

  @AfterEach
  void stop() {
    assertThat(loop.stop(BOUND)).isTrue();
  }

  @Test
  void itRepeatsItsBodyUntilItIsStopped() throws Exception {
    loop = counting(Duration.ZERO);
    loop.start();
    aRound();
    aRound();

    assertThat(loop.stop(BOUND)).isTrue();

    rounds.drainPermits();
    assertThat(rounds.tryAcquire(50, TimeUnit.MILLISECONDS)).isFalse();
  }

  @Test
  void stoppingBeforeStartingDoesNoHarm() throws Exception {
    loop = counting(FOREVER);
    assertThat(loop.stop(BOUND)).isTrue();

    loop.start();

    aRound();
  }

  @Test
  void startingTwiceRunsOneBody() throws Exception {
    loop = counting(FOREVER);
    loop.start();
    loop.start();
    aRound();

    assertThat(rounds.tryAcquire(50, TimeUnit.MILLISECONDS)).isFalse();
  }

  @Test
  void itCanBeStartedAgain() throws Exception {
    loop = counting(FOREVER);
    for (int i = 0; i < 20; i++) {
      loop.start();
      aRound();
      assertThat(loop.stop(BOUND)).isTrue();
      assertThat(loop.stop(BOUND)).isTrue();
    }
  }

  @Test
  void wakingCutsThePause() throws Exception {
    loop = counting(FOREVER);
    loop.start();
    aRound();

    loop.wake();

    aRound();
  }

  @Test
  void wakingInsideTheBodyCutsThePauseAfterIt() throws Exception {
    var inBody = new CountDownLatch(1);
    var goOn = new CountDownLatch(1);
    loop =
        new Loop(
            "test",
            meters,
            () -> {
              inBody.countDown();
              goOn.await();
              rounds.release();
              return FOREVER;
            });
    loop.start();
    inBody.await();

    loop.wake();
    goOn.countDown();

    aRound();
    aRound();
  }

  @Test
  void aBodyThatFailsIsTriedAgainAndCounted() throws Exception {
    var left = new AtomicInteger(3);
    loop =
        new Loop(
            "test",
            meters,
            () -> {
              if (left.getAndDecrement() > 0) {
                throw new IllegalStateException("still broken");
              }
              rounds.release();
              return FOREVER;
            });

    loop.start();

    // The pause that grows is cut each time, so that the test does not wait for it.
    await()
        .atMost(BOUND)
        .pollInterval(Duration.ofMillis(5))
        .until(() -> {
          loop.wake();
          return rounds.tryAcquire();
        });
    assertThat(meters.counter("millrace.loop.failures", "loop", "test").count()).isEqualTo(3);
    assertThat(meters.timer("millrace.loop.runs", "loop", "test").count()).isGreaterThan(3);
  }

  @Test
  void itTellsHowLongAgoARoundWentWell() throws Exception {
    var broken = new AtomicBoolean(true);
    loop =
        new Loop(
            "test",
            meters,
            () -> {
              rounds.release();
              if (broken.get()) {
                throw new IllegalStateException("still broken");
              }
              return FOREVER;
            });
    assertThat(age()).isNaN();
    loop.start();
    aRound();
    aRound();
    double whileBroken = age();
    assertThat(whileBroken).isGreaterThanOrEqualTo(0.2);

    broken.set(false);

    await().atMost(BOUND).until(() -> age() < whileBroken);
  }

  private double age() {
    return meters.get("millrace.loop.age").tag("loop", "test").gauge().value();
  }

  @Test
  void stoppingWaitsNoLongerThanItsBound() throws Exception {
    var goOn = new CountDownLatch(1);
    loop = held(goOn, new AtomicInteger(), new AtomicInteger());
    loop.start();
    aRound();

    assertThat(loop.stop(Duration.ofMillis(1))).isFalse();
    assertThat(loop.stop(Duration.ofMillis(1))).as("it still runs").isFalse();

    goOn.countDown();
    assertThat(loop.stop(BOUND)).isTrue();
  }

  @Test
  void aStartAfterAStopThatTimedOutDoesNotRunTwoBodies() throws Exception {
    var goOn = new CountDownLatch(1);
    var now = new AtomicInteger();
    var most = new AtomicInteger();
    loop = held(goOn, now, most);
    loop.start();
    aRound();
    loop.stop(Duration.ofMillis(1));

    loop.start();
    goOn.countDown();
    for (int i = 0; i < 50; i++) {
      aRound();
    }

    assertThat(most).hasValue(1);
    assertThat(loop.stop(BOUND)).isTrue();
    rounds.drainPermits();
    assertThat(rounds.tryAcquire(50, TimeUnit.MILLISECONDS)).as("the first run ended").isFalse();
  }

  private Loop held(CountDownLatch goOn, AtomicInteger now, AtomicInteger most) {
    return new Loop(
        "test",
        meters,
        () -> {
          most.accumulateAndGet(now.incrementAndGet(), Math::max);
          rounds.release();
          goOn.await();
          now.decrementAndGet();
          return Duration.ofMillis(1);
        });
  }

  private Loop counting(Duration pause) {
    return new Loop(
        "test",
        meters,
        () -> {
          rounds.release();
          return pause;
        });
  }

  private void aRound() throws InterruptedException {
    assertThat(rounds.tryAcquire(10, TimeUnit.SECONDS)).as("the body runs").isTrue();
  }
}
