package io.millrace.worker.dispatch;

import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.db.job.Fallbacks;
import io.millrace.db.job.Fallbacks.Candidate;
import io.millrace.db.job.Fallbacks.Move;
import io.millrace.db.job.Fallbacks.Reason;
import io.millrace.db.limit.Blocks;
import io.millrace.db.limit.Blocks.Unfit;
import io.millrace.model.ModelCatalogue;
import io.millrace.telemetry.Metric;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends jobs that name fallback models to the first of them whose pool is fit, while the pool of
 * theirs is paused, its breaker is open, or it is too slow for their deadline. Jobs that can go
 * nowhere are looked at again once all others have been; none makes the next wait. Not thread-safe:
 * one dispatcher owns it.
 */
final class Reroute {

  private static final Logger log = LoggerFactory.getLogger(Reroute.class);
  private static final long EVERY_NANOS = Duration.ofSeconds(1).toNanos();
  static final int BATCH = 500;
  static final int BATCHES = 4;

  /** With an unknown wait, a deadline so near is too near. */
  private static final Duration NEAR = Duration.ofSeconds(30);

  private final Blocks blocks;
  private final Fallbacks fallbacks;
  private final ModelCatalogue catalogue;
  private final LongSupplier nanoTime;
  private final MeterRegistry meters;
  private final Map<String, Candidate> reached = new HashMap<>();
  private @Nullable Long lookedAt;

  Reroute(
      Blocks blocks,
      Fallbacks fallbacks,
      ModelCatalogue catalogue,
      LongSupplier nanoTime,
      MeterRegistry meters) {
    this.blocks = blocks;
    this.fallbacks = fallbacks;
    this.catalogue = catalogue;
    this.nanoTime = nanoTime;
    this.meters = meters;
  }

  /** Moves what is to be moved, once a second at most however often it is called. */
  void once() {
    long now = nanoTime.getAsLong();
    if (lookedAt != null && now - lookedAt < EVERY_NANOS) {
      return;
    }
    lookedAt = now;
    List<Unfit> unfit = blocks.unfit();
    var slow = fallbacks.slow();
    Set<String> closed = unfit.stream().map(Unfit::pool).collect(Collectors.toSet());
    reached.keySet().retainAll(closed);
    for (Unfit pool : unfit) {
      leave(pool.pool(), pool.paused() ? Reason.PAUSED : Reason.CIRCUIT_OPEN, closed);
    }
    Set<String> busy = new HashSet<>(closed);
    slow.forEach(pool -> busy.add(pool.pool()));
    for (var pool : slow) {
      if (pool.waiting() > 0 && !closed.contains(pool.pool())) {
        var near = fallbacks.candidates(pool.pool(), null, tooNear(pool), BATCH);
        move(pool.pool(), near, Reason.DEADLINE, busy);
      }
    }
  }

  private void leave(String pool, Reason reason, Set<String> closed) {
    for (int i = 0; i < BATCHES; i++) {
      var candidates = fallbacks.candidates(pool, reached.get(pool), null, BATCH);
      move(pool, candidates, reason, closed);
      if (candidates.size() < BATCH) {
        reached.remove(pool);
        return;
      }
      reached.put(pool, candidates.getLast());
    }
  }

  private void move(String pool, List<Candidate> candidates, Reason reason, Set<String> avoided) {
    List<Move> moves = new ArrayList<>(candidates.size());
    candidates.forEach(candidate -> wayOut(candidate, pool, avoided).ifPresent(moves::add));
    int moved = fallbacks.move(pool, moves, reason);
    if (moved > 0) {
      meters
          .counter(Metric.JOBS_REROUTED.meter(), "pool", pool, "reason", reason.wireName())
          .increment(moved);
      log.info("{} jobs left pool {} for a fallback ({})", moved, pool, reason.wireName());
    }
  }

  private Optional<Move> wayOut(Candidate candidate, String from, Set<String> avoided) {
    var models = candidate.models();
    for (int i = 0; i < models.size(); i++) {
      var pool = catalogue.pool(models.get(i));
      if (!pool.equals(from) && !avoided.contains(pool)) {
        return Optional.of(new Move(candidate.id(), models.get(i), pool, i + 1));
      }
    }
    return Optional.empty();
  }

  /**
   * The last of those that wait now starts after this long, with some to spare for whoever comes
   * before it yet; what was not counted waits longer.
   */
  private static Duration tooNear(Fallbacks.Slow pool) {
    if (pool.starts() <= 0) {
      return NEAR;
    }
    var wait = Duration.ofMillis((long) (1_500 * pool.waiting() / pool.starts()));
    return pool.waiting() < Fallbacks.COUNTED || wait.compareTo(NEAR) > 0 ? wait : NEAR;
  }
}
