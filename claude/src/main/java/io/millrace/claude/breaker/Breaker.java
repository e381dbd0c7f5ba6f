package io.millrace.claude.breaker;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig.SlidingWindowType;
import io.github.resilience4j.core.IntervalFunction;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One pool's circuit breaker: closed while the service works, open for a while after too many of
 * the last calls failed, then half open: a few calls try it. How long a call takes does not matter.
 *
 * <p>A call speaks only for the state in which it began: what was under way when the breaker opened
 * does not decide whether it closes. Thread-safe.
 */
public final class Breaker {

  /** How it stands. */
  public enum State {
    CLOSED(0),
    HALF_OPEN(1),
    OPEN(2);

    private final int level;

    State(int level) {
      this.level = level;
    }

    /** The number by which metrics show it. */
    public int level() {
      return level;
    }
  }

  private static final Duration HALF_OPEN_PAUSE = Duration.ofSeconds(1);

  private final CircuitBreaker circuit;
  private final IntervalFunction waits;
  private final LongSupplier nanoTime;
  private final ReentrantLock lock = new ReentrantLock();
  private long generation;
  private int openings;
  private long openUntil;
  private boolean outOfReach;
  private @Nullable Duration justOpened;

  Breaker(String pool, BreakerTerms terms, LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
    this.waits = IntervalFunction.ofExponentialBackoff(terms.open(), 2, terms.longestOpen());
    this.circuit =
        CircuitBreaker.of(
            pool,
            CircuitBreakerConfig.custom()
                .slidingWindow(terms.window(), terms.minimumCalls(), SlidingWindowType.COUNT_BASED)
                .failureRateThreshold(terms.failureRate())
                .waitIntervalFunctionInOpenState(waits)
                .permittedNumberOfCallsInHalfOpenState(terms.halfOpenCalls())
                .recordResult(sign -> ((Sign) sign).isFailure())
                .clock(new NanoClock(nanoTime))
                .currentTimestampFunction(_ -> nanoTime.getAsLong(), TimeUnit.NANOSECONDS)
                .build());
    circuit
        .getEventPublisher()
        .onStateTransition(event -> moved(event.getStateTransition().getToState()));
  }

  /** Lets one call through, or answers empty while none should be made. */
  public Optional<Passage> tryPass() {
    lock.lock();
    try {
      return circuit.tryAcquirePermission()
          ? Optional.of(
              new Passage(generation, circuit.getState() == CircuitBreaker.State.HALF_OPEN))
          : Optional.empty();
    } finally {
      lock.unlock();
    }
  }

  /** After how long it is worth asking again. */
  public Duration pause() {
    lock.lock();
    try {
      long left = openUntil - nanoTime.getAsLong();
      return circuit.getState() == CircuitBreaker.State.OPEN && left > 0
          ? Duration.ofNanos(left)
          : HALF_OPEN_PAUSE;
    } finally {
      lock.unlock();
    }
  }

  /** The state; open no longer than nothing may be called, also where nobody wants to. */
  public State state() {
    lock.lock();
    try {
      return switch (circuit.getState()) {
        case OPEN, FORCED_OPEN ->
            openUntil - nanoTime.getAsLong() > 0 ? State.OPEN : State.HALF_OPEN;
        case HALF_OPEN -> State.HALF_OPEN;
        case CLOSED, DISABLED, METRICS_ONLY -> State.CLOSED;
      };
    } finally {
      lock.unlock();
    }
  }

  /** Whether what opened it may be the way to the service, rather than the service. */
  public boolean isOutOfReach() {
    lock.lock();
    try {
      return outOfReach;
    } finally {
      lock.unlock();
    }
  }

  /** The right to make one call, given up by closing it where no call was made. */
  public final class Passage implements AutoCloseable {

    private final long began;
    private final boolean trial;
    private boolean used;

    private Passage(long began, boolean trial) {
      this.began = began;
      this.trial = trial;
    }

    /** Whether the call finds out for all jobs if the service works again. */
    public boolean isTrial() {
      return trial;
    }

    /**
     * Tells how the call ended.
     *
     * @return how long no call should be made now, if this was what opened the breaker
     */
    public Optional<Duration> saw(Sign sign) {
      lock.lock();
      try {
        if (used || sign == Sign.NOTHING || began != generation) {
          return Optional.empty();
        }
        used = true;
        circuit.onResult(0, TimeUnit.NANOSECONDS, sign);
        var opened = justOpened;
        justOpened = null;
        if (opened != null) {
          outOfReach = sign == Sign.OUT_OF_REACH;
        }
        return Optional.ofNullable(opened);
      } finally {
        lock.unlock();
      }
    }

    @Override
    public void close() {
      lock.lock();
      try {
        if (!used && began == generation) {
          circuit.releasePermission();
        }
        used = true;
      } finally {
        lock.unlock();
      }
    }
  }

  private void moved(CircuitBreaker.State to) {
    generation++;
    if (to == CircuitBreaker.State.OPEN) {
      openings++;
      var wait = Duration.ofMillis(waits.apply(openings));
      openUntil = nanoTime.getAsLong() + wait.toNanos();
      justOpened = wait;
    } else if (to == CircuitBreaker.State.CLOSED) {
      openings = 0;
    }
  }

  // The wall's clock may be set back, which would keep a breaker open.
  private static final class NanoClock extends Clock {
    private final LongSupplier nanoTime;

    NanoClock(LongSupplier nanoTime) {
      this.nanoTime = nanoTime;
    }

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return this;
    }

    @Override
    public Instant instant() {
      return Instant.EPOCH.plusNanos(nanoTime.getAsLong());
    }
  }
}
