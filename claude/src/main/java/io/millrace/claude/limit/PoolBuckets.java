package io.millrace.claude.limit;

import io.millrace.claude.classify.Outcome.Dimension;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The buckets of one pool. Pure arithmetic on the time passed in; not thread-safe. */
final class PoolBuckets {
  // The provider's burst is unknown and below a minute; 60 requests a minute may mean one a second.
  private static final double REQUEST_BURST_SECONDS = 1;
  private static final double TOKEN_BURST_SECONDS = 5;
  private static final double AVERAGE_WEIGHT = 0.05;

  private final Map<Dimension, Bucket> buckets = new EnumMap<>(Dimension.class);
  private final Map<Dimension, Long> limits = new EnumMap<>(Dimension.class);
  private final Map<Dimension, Double> averages = new EnumMap<>(Dimension.class);
  private long blockedUntil;

  PoolBuckets(PoolLimits limits, long now) {
    open(Dimension.REQUESTS, limits.requestsPerMinute(), REQUEST_BURST_SECONDS, now);
    open(Dimension.INPUT_TOKENS, limits.inputTokensPerMinute(), TOKEN_BURST_SECONDS, now);
    open(Dimension.OUTPUT_TOKENS, limits.outputTokensPerMinute(), TOKEN_BURST_SECONDS, now);
    blockedUntil = now;
  }

  private void open(Dimension dimension, @Nullable Long perMinute, double burst, long now) {
    if (perMinute != null) {
      double capacity = Math.max(1, perMinute / 60.0 * burst);
      buckets.put(dimension, new Bucket(perMinute, capacity, now));
      limits.put(dimension, perMinute);
    }
  }

  /**
   * Adopts limits that the provider names where they are tighter than what is known. A bucket that
   * is opened so starts empty: what was called before has used it up.
   */
  void reveal(PoolLimits revealed, long now) {
    reveal(Dimension.REQUESTS, revealed.requestsPerMinute(), REQUEST_BURST_SECONDS, now);
    reveal(Dimension.INPUT_TOKENS, revealed.inputTokensPerMinute(), TOKEN_BURST_SECONDS, now);
    reveal(Dimension.OUTPUT_TOKENS, revealed.outputTokensPerMinute(), TOKEN_BURST_SECONDS, now);
  }

  private void reveal(Dimension dimension, @Nullable Long perMinute, double burst, long now) {
    if (perMinute != null && perMinute < limits.getOrDefault(dimension, Long.MAX_VALUE)) {
      open(dimension, perMinute, burst, now);
      Objects.requireNonNull(buckets.get(dimension)).empty(now);
    }
  }

  /** Why a call has to wait: how long, and for what (null: for the end of a block). */
  record Hold(long nanos, @Nullable Dimension binding) {}

  /** Reserves from all buckets or from none. */
  @Nullable Hold take(long inputTokens, long outputTokens, long now) {
    Hold hold = blockedUntil > now ? new Hold(blockedUntil - now, null) : null;
    for (var entry : buckets.entrySet()) {
      double amount = amount(entry.getKey(), inputTokens, outputTokens);
      long nanos = entry.getValue().nanosUntil(amount, now);
      if (nanos > 0 && (hold == null || nanos > hold.nanos())) {
        hold = new Hold(nanos, entry.getKey());
      }
    }
    if (hold != null) {
      return hold;
    }
    for (var entry : buckets.entrySet()) {
      double amount = amount(entry.getKey(), inputTokens, outputTokens);
      entry.getValue().take(amount, now);
      averages.merge(entry.getKey(), amount, (old, seen) -> old + AVERAGE_WEIGHT * (seen - old));
    }
    return null;
  }

  /** Gives back (or, below zero, takes) what reality was off by. */
  void correct(long requests, long inputTokens, long outputTokens, long now) {
    correct(Dimension.REQUESTS, requests, now);
    correct(Dimension.INPUT_TOKENS, inputTokens, now);
    correct(Dimension.OUTPUT_TOKENS, outputTokens, now);
  }

  private void correct(Dimension dimension, long tokens, long now) {
    double amount = (double) tokens;
    Bucket bucket = buckets.get(dimension);
    if (bucket == null) {
      return;
    }
    if (amount >= 0) {
      bucket.giveBack(amount, now);
    } else {
      bucket.take(-amount, now);
    }
  }

  void blockUntil(long until, @Nullable Dimension dimension, long now) {
    blockedUntil = Math.max(blockedUntil, until);
    Bucket bucket = dimension == null ? null : buckets.get(dimension);
    if (bucket != null) {
      bucket.empty(now);
    }
  }

  /** How many average calls could start until the horizon. */
  long startable(long horizonNanos, long now) {
    if (blockedUntil > now && blockedUntil - now >= horizonNanos) {
      return 0;
    }
    double least = Long.MAX_VALUE;
    for (var entry : buckets.entrySet()) {
      double each = Math.max(1, averages.getOrDefault(entry.getKey(), 1.0));
      double calls = Math.floor(entry.getValue().within(horizonNanos, now) / each);
      // A call larger than the bucket goes when the bucket is full.
      boolean one = entry.getValue().nanosUntil(each, now) <= horizonNanos;
      least = Math.min(least, calls >= 1 || !one ? calls : 1);
    }
    return (long) least;
  }

  private static double amount(Dimension dimension, long inputTokens, long outputTokens) {
    return switch (dimension) {
      case REQUESTS -> 1;
      case INPUT_TOKENS -> inputTokens;
      case OUTPUT_TOKENS -> outputTokens;
    };
  }
}
