package io.millrace.worker.dispatch;

import io.millrace.claude.estimate.Estimator;
import io.millrace.claude.limit.LimiterSettings;
import io.millrace.claude.limit.Startable;
import io.millrace.db.limit.RatePools;
import io.millrace.db.limit.RatePools.View;
import io.millrace.job.Lane;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What the rate lets start, as all workers share it: the limiter's side of the dispatcher. Not
 * thread-safe: one dispatcher owns it.
 */
final class StartableJobs {

  private static final long LOOK_NANOS = Duration.ofMillis(50).toNanos();

  private final RatePools pools;
  private final LimiterSettings settings;
  private final LongSupplier nanoTime;
  private final Map<String, Startable> seen = new HashMap<>();
  private long lookedAt;
  private boolean looked;

  StartableJobs(RatePools pools, LimiterSettings settings, LongSupplier nanoTime) {
    this.pools = pools;
    this.settings = settings;
    this.nanoTime = nanoTime;
  }

  /** Reads the shared state again, unless that was done a moment ago. */
  void look() {
    long now = nanoTime.getAsLong();
    if (looked && now - lookedAt < LOOK_NANOS) {
      return;
    }
    seen.clear();
    for (View view : pools.views()) {
      seen.put(view.pool(), new Startable(view, settings.of(view.pool())));
    }
    lookedAt = now;
    looked = true;
  }

  /**
   * Average jobs that the pool could start within the horizon, beyond those that wait at the
   * workers in this lane or a higher one.
   */
  int within(String pool, Lane lane, Duration horizon) {
    return startable(pool).within(lane, horizon);
  }

  /** The share of the pool's binding limit that such a job takes: what a tenant is charged. */
  double cost(String pool, int estimatedInput, int maxOutput) {
    return startable(pool).cost(estimatedInput, Estimator.outputGuess(maxOutput));
  }

  private Startable startable(String pool) {
    @Nullable Startable known = seen.get(pool);
    return known != null ? known : Startable.unknown(pool, settings.of(pool));
  }
}
