package io.millrace.db.loop;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.millrace.telemetry.Metric;
import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A named thread that repeats a body until it is stopped.
 *
 * <p>A body that fails is tried again after a pause that doubles from 200 ms to 2 s: its dependency
 * may be slow, cut or gone, and the loop outlives that and goes on within seconds of its return.
 * Each failure counts in {@code millrace.loop.failures}, and {@code millrace.loop.age} is how long
 * ago a round last went well; the log has the first failure of a row and the recovery. May be
 * started and stopped any number of times, in any order.
 */
public final class Loop {

  private static final Logger log = LoggerFactory.getLogger(Loop.class);
  private static final Duration FIRST_PAUSE = Duration.ofMillis(200);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(2);

  private final String name;
  private final Body body;
  private final Counter failures;
  private final Timer runs;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private @Nullable Run current;
  private @Nullable Thread latest;
  private boolean woken;
  private volatile long workedAt = System.nanoTime();
  private volatile boolean failing;

  /** From a start to the stop that ends it, and no other. */
  private static final class Run {
    private volatile boolean stopping;
  }

  /** What is repeated. */
  @FunctionalInterface
  public interface Body {
    /** Does the work once and says how long to pause; zero or less goes on at once. */
    Duration once() throws InterruptedException;
  }

  public Loop(String name, MeterRegistry meters, Body body) {
    this.name = name;
    this.body = body;
    this.failures = meters.counter(Metric.LOOP_FAILURES.meter(), "loop", name);
    this.runs = meters.timer(Metric.LOOP_RUNS.meter(), "loop", name);
    Gauge.builder(Metric.LOOP_AGE.meter(), this, Loop::age)
        .baseUnit("seconds")
        .tag("loop", name)
        .register(meters);
  }

  public void start() {
    lock.lock();
    try {
      if (current == null) {
        var before = latest;
        var run = new Run();
        current = run;
        workedAt = System.nanoTime();
        latest =
            Thread.ofPlatform().name("millrace-" + name).daemon().start(() -> run(run, before));
      }
    } finally {
      lock.unlock();
    }
  }

  /** Whether the last round failed. */
  public boolean isFailing() {
    return failing;
  }

  /** Time since the last round that worked, or since the start where none has yet. */
  public Duration silence() {
    return Duration.ofNanos(System.nanoTime() - workedAt);
  }

  /** Cuts the present pause, or the next one if there is none, short. */
  public void wake() {
    lock.lock();
    try {
      woken = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Asks the loop to end and waits for it.
   *
   * @return whether it ended within the bound
   */
  public boolean stop(Duration bound) {
    Thread ending;
    lock.lock();
    try {
      if (current != null) {
        current.stopping = true;
        current = null;
        changed.signalAll();
      }
      ending = latest;
    } finally {
      lock.unlock();
    }
    if (ending == null) {
      return true;
    }
    try {
      return ending.join(bound);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  // A run whose stop did not wait for it may still be in its body: it ends before the next begins.
  private void run(Run run, @Nullable Thread before) {
    try {
      if (before != null) {
        before.join();
      }
      repeat(run);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void repeat(Run run) throws InterruptedException {
    int failuresInARow = 0;
    while (!run.stopping) {
      Duration pause;
      long start = System.nanoTime();
      try {
        pause = body.once();
        failing = false;
        if (failuresInARow > 0) {
          log.info(
              "Loop {} works again; it failed {} times in {} s",
              name,
              failuresInARow,
              silence().toSeconds());
          failuresInARow = 0;
        }
        workedAt = System.nanoTime();
      } catch (RuntimeException | Error failure) {
        failures.increment();
        failing = true;
        if (failuresInARow == 0) {
          log.warn("Loop {} failed and will be tried again until it works", name, failure);
        }
        pause = min(FIRST_PAUSE.multipliedBy(1L << Math.min(failuresInARow, 10)), LONGEST_PAUSE);
        failuresInARow++;
      } finally {
        runs.record(Duration.ofNanos(System.nanoTime() - start));
      }
      pause(run, pause);
    }
  }

  private void pause(Run run, Duration pause) throws InterruptedException {
    long left = pause.toNanos();
    lock.lock();
    try {
      while (!woken && !run.stopping && left > 0) {
        left = changed.awaitNanos(left);
      }
      woken = false;
    } finally {
      lock.unlock();
    }
  }

  // A stopped loop has no age: nobody should be called for it.
  private static double age(Loop loop) {
    return loop.isRunning() ? loop.silence().toNanos() / 1e9 : Double.NaN;
  }

  private boolean isRunning() {
    lock.lock();
    try {
      return current != null;
    } finally {
      lock.unlock();
    }
  }

  private static Duration min(Duration one, Duration other) {
    return one.compareTo(other) < 0 ? one : other;
  }
}
