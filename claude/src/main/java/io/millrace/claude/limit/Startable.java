package io.millrace.claude.limit;

import io.millrace.db.limit.Blocks;
import io.millrace.db.limit.PoolRate;
import io.millrace.db.limit.PoolRate.Bucket;
import io.millrace.db.limit.RatePools.View;
import io.millrace.db.limit.WorkerShare;
import io.millrace.job.Lane;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** How many calls of a pool may start soon: what the dispatcher may release. Pure. */
public final class Startable {
  private static final double MICROS = 1e6;
  private static final double NANOS = 1e9;

  private final View view;
  private final PoolLimits configured;
  private final int least;

  /**
   * Asks about one pool.
   *
   * @param view the pool as it was read lately
   */
  public Startable(View view, PoolLimits configured) {
    this(view, configured, 0);
  }

  // Of a pool on which nobody drew, one has to start, or nobody ever learns what it holds.
  private Startable(View view, PoolLimits configured, int least) {
    this.view = view;
    this.configured = configured;
    this.least = least;
  }

  /** Of a pool on which nobody has drawn yet. */
  public static Startable unknown(String pool, PoolLimits configured) {
    return new Startable(new View(pool, 0, PoolRate.unknown(0), List.of(), null), configured, 1);
  }

  /**
   * Average calls that could start within the horizon, beyond those that wait at the workers in
   * this lane or a higher one; {@link Integer#MAX_VALUE} where nothing is limited.
   */
  public int within(Lane lane, Duration horizon) {
    int waiting = waiting(lane);
    var pause = view.pause();
    if (pause != null) {
      return pause.byHand() || !pause.probeDue() ? 0 : Math.max(0, 1 - waiting);
    }
    PoolRate rate = view.rate();
    double blocked = Math.max(0, (rate.blockedUntil() - view.now()) / MICROS);
    double seconds = horizon.toNanos() / NANOS - blocked;
    // Of what waits for a service that fails only a few calls will be tried: nothing goes ahead.
    boolean failing = blocked > 0 && Blocks.CIRCUIT_OPEN.equals(rate.blockedBy());
    if (seconds <= 0 || failing) {
      return 0;
    }
    double calls =
        min(
            calls(level(Level.Kind.REQUESTS, rate.requests()), 1, 0, seconds),
            calls(level(Level.Kind.INPUT_TOKENS, rate.inputTokens()), 1, 0, seconds),
            calls(
                level(Level.Kind.OUTPUT_TOKENS, rate.outputTokens()),
                soonProduced(),
                forecast(near(seconds)),
                seconds),
            configured.concurrentCalls() == null
                ? Double.MAX_VALUE
                : configured.concurrentCalls() - underWay());
    return calls == Double.MAX_VALUE
        ? Integer.MAX_VALUE
        : (int) Math.clamp(calls - waiting, least, Integer.MAX_VALUE - 1);
  }

  /**
   * The share of the pool's binding limit that such a call takes, in minutes of it; one where
   * nothing is limited. Only ratios within a pool mean anything.
   */
  public double cost(long inputTokens, long outputTokens) {
    PoolRate rate = view.rate();
    double share =
        Math.max(
            share(1, level(Level.Kind.REQUESTS, rate.requests())),
            Math.max(
                share((double) inputTokens, level(Level.Kind.INPUT_TOKENS, rate.inputTokens())),
                share(
                    (double) outputTokens, level(Level.Kind.OUTPUT_TOKENS, rate.outputTokens()))));
    return share > 0 ? share : 1;
  }

  private static double share(double amount, Level level) {
    return level.isLimited() ? amount / (level.perSecond() * 60) : 0;
  }

  private Level level(Level.Kind kind, Bucket bucket) {
    var level = new Level(kind, bucket);
    level.limit(configured(kind), null, 0);
    level.refill((view.now() - view.rate().at()) / MICROS, 1);
    return level;
  }

  private @Nullable Long configured(Level.Kind kind) {
    return switch (kind) {
      case REQUESTS -> configured.requestsPerMinute();
      case INPUT_TOKENS -> configured.inputTokensPerMinute();
      case OUTPUT_TOKENS -> configured.outputTokensPerMinute();
    };
  }

  /**
   * Calls for which a bucket has room within so many seconds.
   *
   * @param share of what an average call takes in all, that it takes within the time
   * @param owed what calls under way will still take within the time
   */
  private static double calls(Level level, double share, double owed, double seconds) {
    if (!level.isLimited()) {
      return Double.MAX_VALUE;
    }
    double each = Math.max(1, level.typical() * share);
    double room = level.burst() - level.deficit() - owed + level.refill() * seconds;
    // A call larger than the burst goes when the bucket is full.
    boolean one = level.secondsUntil(each, owed) <= seconds;
    return Math.max(Math.floor(room / each), one ? 1 : 0);
  }

  /**
   * What part of its output a call produces within the nearer horizons, going by those under way.
   */
  private double soonProduced() {
    double all = forecast(Draw.HORIZONS.length - 1);
    return all <= 0 ? 1 : Math.clamp(forecast(near(3)) / all, 0.05, 1);
  }

  private static int near(double seconds) {
    int i = 0;
    while (i + 1 < Draw.HORIZONS.length && Draw.HORIZONS[i + 1] <= seconds) {
      i++;
    }
    return i;
  }

  private double forecast(int horizon) {
    return view.shares().stream().mapToDouble(share -> share.forecast().get(horizon)).sum();
  }

  private int underWay() {
    return view.shares().stream().mapToInt(WorkerShare::calls).sum();
  }

  private int waiting(Lane lane) {
    int sum = 0;
    for (WorkerShare share : view.shares()) {
      for (int i = 0; i <= lane.rank(); i++) {
        sum += share.waiting().get(i);
      }
    }
    return sum;
  }

  private static double min(double... values) {
    double min = Double.MAX_VALUE;
    for (double value : values) {
      min = Math.min(min, value);
    }
    return min;
  }
}
