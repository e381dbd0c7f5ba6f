package io.millrace.claude.limit;

import io.millrace.claude.classify.Outcome.Dimension;
import io.millrace.claude.limit.Admission.Admitted;
import io.millrace.claude.limit.Admission.Permit;
import io.millrace.claude.limit.Admission.Wait;
import io.millrace.money.Usage;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Admits the calls of one worker, pool by pool. Thread-safe; nothing here blocks. */
public final class Limiter {
  private static final String DEFAULT = "default";

  private final Function<String, PoolLimits> limitsOf;
  private final LongSupplier nanoTime;
  private final Map<String, PoolBuckets> pools = new ConcurrentHashMap<>();

  /**
   * Makes a limiter.
   *
   * @param limits by pool name; {@code default} is for pools that are not named
   * @param nanoTime a clock that never goes back, such as {@code System::nanoTime}
   */
  public Limiter(Map<String, PoolLimits> limits, LongSupplier nanoTime) {
    Map<String, PoolLimits> named = Map.copyOf(limits);
    PoolLimits others = named.getOrDefault(DEFAULT, PoolLimits.UNLIMITED);
    this.limitsOf = pool -> named.getOrDefault(pool, others);
    this.nanoTime = nanoTime;
  }

  /** Reserves one request and its tokens, or says how long to wait. */
  public Admission tryAdmit(String pool, long inputTokens, long outputTokens) {
    PoolBuckets buckets = buckets(pool);
    PoolBuckets.Hold hold;
    synchronized (buckets) {
      hold = buckets.take(inputTokens, outputTokens, nanoTime.getAsLong());
    }
    return hold == null
        ? new Admitted(new Permit(pool, inputTokens, outputTokens))
        : new Wait(Duration.ofNanos(hold.nanos()), hold.binding());
  }

  /** Replaces what was reserved by what was used. */
  public void settle(Permit permit, Usage usage) {
    correct(
        permit,
        0,
        permit.inputTokens() - usage.rateLimitedInputTokens(),
        permit.outputTokens() - usage.outputTokens());
  }

  /** Gives all of it back: nothing was sent. */
  public void giveBack(Permit permit) {
    correct(permit, 1, permit.inputTokens(), permit.outputTokens());
  }

  /** Starts nothing on the pool for a while: the provider asked for it. */
  public void block(String pool, Duration wait, @Nullable Dimension dimension) {
    PoolBuckets buckets = buckets(pool);
    synchronized (buckets) {
      long now = nanoTime.getAsLong();
      buckets.blockUntil(now + wait.toNanos(), dimension, now);
    }
  }

  /**
   * Takes note of the limits that the provider's headers name: the smaller of configuration and
   * header is in force, so that an account whose limits nobody configured is not run against a
   * wall.
   */
  public void reveal(String pool, PoolLimits limits) {
    PoolBuckets buckets = buckets(pool);
    synchronized (buckets) {
      buckets.reveal(limits, nanoTime.getAsLong());
    }
  }

  /** How many average calls of the pool could start within the horizon. */
  public long startable(String pool, Duration horizon) {
    PoolBuckets buckets = buckets(pool);
    synchronized (buckets) {
      return buckets.startable(horizon.toNanos(), nanoTime.getAsLong());
    }
  }

  /**
   * The share of the pool's binding limit that such a call takes, in minutes of it; one where
   * nothing is limited. Only ratios within a pool mean anything.
   */
  public double cost(String pool, long inputTokens, long outputTokens) {
    PoolLimits limits = limitsOf.apply(pool);
    double share =
        Math.max(
            share(1, limits.requestsPerMinute()),
            Math.max(
                share(inputTokens, limits.inputTokensPerMinute()),
                share(outputTokens, limits.outputTokensPerMinute())));
    return share > 0 ? share : 1;
  }

  private static double share(long amount, @Nullable Long limit) {
    return limit == null ? 0 : (double) amount / limit;
  }

  private void correct(Permit permit, long requests, long inputTokens, long outputTokens) {
    PoolBuckets buckets = buckets(permit.pool());
    synchronized (buckets) {
      buckets.correct(requests, inputTokens, outputTokens, nanoTime.getAsLong());
    }
  }

  private PoolBuckets buckets(String pool) {
    return pools.computeIfAbsent(
        pool, name -> new PoolBuckets(limitsOf.apply(name), nanoTime.getAsLong()));
  }
}
