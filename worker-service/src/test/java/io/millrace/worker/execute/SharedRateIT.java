package io.millrace.worker.execute;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.claude.limit.Limiter;
import io.millrace.claude.limit.LimiterSettings;
import io.millrace.claude.limit.LimiterSettings.Mode;
import io.millrace.claude.limit.Permit;
import io.millrace.claude.limit.PoolLimits;
import io.millrace.claude.limit.Ticket;
import io.millrace.claude.limit.Wanted;
import io.millrace.db.limit.PoolPauses;
import io.millrace.db.limit.RatePools;
import io.millrace.job.Lane;
import io.millrace.testkit.PostgresExtension;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Several limiters that know nothing of each other but the database, in real time. */
class SharedRateIT {

  private static final int WORKERS = 4;
  private static final long PER_SECOND = 200;
  private static final Duration PATIENCE = Duration.ofMinutes(5);

  @RegisterExtension static final PostgresExtension postgres = PostgresExtension.shared();

  private final List<Limiter> limiters = new ArrayList<>();

  @BeforeEach
  void start() {
    var limits =
        Map.of(
            "busy",
            PoolLimits.perMinute(PER_SECOND * 60, 1_000_000_000L, 1_000_000_000L),
            "one",
            new PoolLimits(null, null, null, 1));
    for (int i = 0; i < WORKERS; i++) {
      var limiter =
          new Limiter(
              new RatePools(postgres.database()),
              new LimiterSettings(limits, Mode.ENFORCE, PATIENCE),
              System::nanoTime,
              new SimpleMeterRegistry());
      limiter.start();
      limiters.add(limiter);
    }
  }

  @AfterEach
  void stop() {
    limiters.forEach(limiter -> limiter.stop(Duration.ofSeconds(5)));
  }

  @Test
  void togetherTheyNeverStartMoreThanTheLimitAndUseItUp() throws InterruptedException {
    int calls = 1_000;
    var starts = new ConcurrentLinkedQueue<Long>();
    var done = new CountDownLatch(calls);
    for (int i = 0; i < calls; i++) {
      var limiter = limiters.get(i % WORKERS);
      Thread.startVirtualThread(() -> {
        var permit = granted(limiter, "busy");
        starts.add(permit.startsAt());
        done.countDown();
      });
    }

    assertThat(done.await(30, TimeUnit.SECONDS)).isTrue();

    long[] sorted = starts.stream().mapToLong(start -> start).sorted().toArray();
    // Whatever window: no more than the limit and the burst, which begins with a fifth of a second
    // and is one at most.
    double burst = PER_SECOND + 2;
    for (int from = 0; from < sorted.length; from += 7) {
      for (int to = from; to < sorted.length; to += 13) {
        double seconds = (sorted[to] - sorted[from]) / 1e9;
        assertThat((double) (to - from + 1)).isLessThanOrEqualTo(burst + PER_SECOND * seconds);
      }
    }
    double whole = (sorted[calls - 1] - sorted[0]) / 1e9;
    assertThat(calls / whole).isGreaterThan(PER_SECOND * 0.95);
  }

  @Test
  void aCapOnCallsUnderWayHoldsForAllOfThem() {
    var first = granted(limiters.get(0), "one");
    var second = limiters.get(1).ask(wanted("one"), () -> {});

    assertThat(awaitAnswer(second, Duration.ofMillis(600))).isFalse();
    limiters.get(0).giveBack(first);

    assertThat(awaitAnswer(second, Duration.ofSeconds(10))).isTrue();
    assertThat(second.answer()).isInstanceOf(Ticket.Granted.class);
  }

  @Test
  void aPausedPoolSendsItsJobsBackAndAProbeGoesAloneWhenItIsDue() {
    var pauses = new PoolPauses(postgres.database());
    pauses.fault("broke", "credit_balance_too_low", Duration.ZERO);

    var waiting = limiters.get(0).ask(wanted("broke"), () -> {});
    assertThat(awaitAnswer(waiting, Duration.ofSeconds(10))).isTrue();
    assertThat(waiting.answer()).isEqualTo(new Ticket.TooLong(Duration.ZERO));

    pauses.resume("broke");
    var probe = granted(limiters.get(1), "broke");
    var other = limiters.get(2).ask(wanted("broke"), () -> {});
    assertThat(awaitAnswer(other, Duration.ofSeconds(10))).isTrue();

    assertThat(probe.isPauseProbe()).isTrue();
    assertThat(other.answer()).isEqualTo(new Ticket.TooLong(Duration.ZERO));
    assertThat(pauses.faultOver("broke")).isTrue();
    assertThat(granted(limiters.get(2), "broke").isPauseProbe()).isFalse();
  }

  private static Permit granted(Limiter limiter, String pool) {
    var ticket = limiter.ask(wanted(pool), () -> {});
    assertThat(awaitAnswer(ticket, Duration.ofSeconds(30))).isTrue();
    return ((Ticket.Granted) Objects.requireNonNull(ticket.answer())).permit();
  }

  private static boolean awaitAnswer(Ticket ticket, Duration bound) {
    long until = System.nanoTime() + bound.toNanos();
    while (ticket.answer() == null && System.nanoTime() < until) {
      LockSupport.parkNanos(1_000_000);
    }
    return ticket.answer() != null;
  }

  private static Wanted wanted(String pool) {
    return new Wanted(pool, Lane.STANDARD, System.nanoTime(), 100, 100, 1_000, 0.1);
  }
}
