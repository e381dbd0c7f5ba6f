package io.millrace.db.limit;

import io.millrace.rate.Dimension;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a pool now, by the database's clock.
 *
 * @param rate null for a pool that was not used since the store last crashed, or never
 * @param pauses those that last
 */
public record PoolView(String pool, @Nullable Rate rate, Demand demand, List<PoolPause> pauses) {

  private static final String CONCURRENT_CALLS = "concurrent_calls";

  private static final Set<String> OF_REQUESTS = Set.of(CONCURRENT_CALLS, "rate_limited", "probe");

  /**
   * The dimension of what binds. A bound on calls at the same time, and a 429 that names no limit,
   * are taken for limits on requests.
   */
  private static Optional<Dimension> dimension(@Nullable String binding) {
    return binding != null && OF_REQUESTS.contains(binding)
        ? Optional.of(Dimension.REQUESTS)
        : Dimension.fromWireName(binding);
  }

  /**
   * One bucket.
   *
   * @param limit per minute, as it is in force; null where there is none
   * @param told per minute, as the provider's headers had it; null where they said nothing
   * @param used taken and not refilled by now
   * @param burst what may be used at once; null where there is no limit
   * @param others per minute, used by others on the account
   * @param typical what an average job takes
   */
  public record Bucket(
      @Nullable Long limit,
      @Nullable Long told,
      double used,
      @Nullable Double burst,
      double others,
      double typical) {

    static final double SECONDS_OF_A_MINUTE = 60;

    private static final double SLACK = 1e-6;

    /** One of which nothing is known. */
    public static final Bucket UNKNOWN = new Bucket(null, null, 0, null, 0, 0);

    /** Whether an average job does not fit in; one larger than the burst needs it whole. */
    boolean isFull() {
      return limit != null && burst != null && used + Math.min(typical, burst) > burst + SLACK;
    }

    /** Average jobs for which the limit leaves room in a second; empty where it is unlimited. */
    Optional<Double> pace() {
      if (limit == null || typical <= 0) {
        return Optional.empty();
      }
      double left = Math.max(limit * PoolRate.Bucket.LEAST_LEFT, limit - others);
      return Optional.of(left / SECONDS_OF_A_MINUTE / typical);
    }
  }

  /**
   * The buckets as of the last draw.
   *
   * @param asOf now
   * @param at of the last draw
   * @param buckets one for each dimension
   * @param starts jobs that started in a second, lately
   * @param blockedUntil until when nothing starts; perhaps past
   * @param blockedBy a dimension, or another word
   * @param waitsFor what the first in line waits for: a dimension, or another word
   */
  public record Rate(
      Instant asOf,
      Instant at,
      boolean heard,
      Map<Dimension, Bucket> buckets,
      double starts,
      @Nullable Instant blockedUntil,
      @Nullable String blockedBy,
      @Nullable String waitsFor) {

    // Who stands in line draws several times a second.
    private static final Duration FRESH = Duration.ofSeconds(10);

    private static final double LEAST_STARTS = 0.001;

    public Bucket bucket(Dimension dimension) {
      return Objects.requireNonNull(buckets.get(dimension));
    }

    /** Whether nothing starts for now. */
    public boolean isBlocked() {
      return blockedUntil != null && blockedUntil.isAfter(asOf);
    }

    /** What the first in line waits for, where that is of now. */
    public Optional<String> line() {
      return at.isAfter(asOf.minus(FRESH)) ? Optional.ofNullable(waitsFor) : Optional.empty();
    }

    /** What a job of average size would have to wait for; empty where nothing holds it. */
    public Optional<Dimension> binding() {
      if (isBlocked()) {
        return dimension(blockedBy);
      }
      // Between two draws nobody may stand in line although the next job does not fit.
      return line().flatMap(PoolView::dimension).or(this::full);
    }

    /**
     * Jobs that may be expected to start in a second: what the limit that binds leaves, else as
     * many as lately. Empty where nobody can tell.
     */
    public Optional<Double> pace() {
      return binding()
          .filter(_ -> !CONCURRENT_CALLS.equals(waitsFor))
          .flatMap(dimension -> bucket(dimension).pace())
          .or(() -> starts < LEAST_STARTS ? Optional.empty() : Optional.of(starts));
    }

    private Optional<Dimension> full() {
      for (Dimension dimension : Dimension.values()) {
        if (bucket(dimension).isFull()) {
          return Optional.of(dimension);
        }
      }
      return Optional.empty();
    }
  }

  /**
   * What the workers have under way and before them, as of their last draws.
   *
   * @param waiting jobs held by workers that wait for the rate, by lane in the order of priority
   */
  public record Demand(int workers, int calls, List<Integer> waiting) {
    public static final Demand NONE = new Demand(0, 0, List.of(0, 0, 0));
  }

  /** A pool of which nothing is known. */
  public static PoolView unused(String pool) {
    return new PoolView(pool, null, Demand.NONE, List.of());
  }
}
