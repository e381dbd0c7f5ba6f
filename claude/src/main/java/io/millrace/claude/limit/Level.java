package io.millrace.claude.limit;

import io.millrace.db.limit.PoolRate.Bucket;
import org.jspecify.annotations.Nullable;

/**
 * One bucket while it is reckoned with. It counts what was used and is not refilled yet (the
 * deficit), so that neither the provider's burst nor its headers' idea of "full" matters to the
 * count: only how large the deficit may become is a guess.
 */
final class Level {
  private static final double TIGHT = 4;
  private static final double AIR = 0.98;
  private static final double REMEMBERED_SECONDS = 10;
  private static final double LEAST_BURST_SECONDS = 4;
  private static final double TYPICAL_WEIGHT = 0.05;
  private static final double SHRINK = 0.5;
  private static final double CAP_SHRINK = 0.7;
  private static final double GROW = 1.5;

  private final Kind kind;
  private @Nullable Long limit;
  private @Nullable Long told;
  private double deficit;
  private double burst;
  private double burstCap;
  private double others;
  private double typical;

  /** How a dimension behaves. */
  enum Kind {
    REQUESTS(0, 1, 1),
    INPUT_TOKENS(1, 2.5, 1000),
    OUTPUT_TOKENS(1, 2.5, 1000);

    /** The burst begins with so many seconds of the limit, at least one job. */
    private final double firstSeconds;

    /** It grows to so many seconds at most. */
    private final double mostSeconds;

    /** A header may exceed the count by so much without meaning anything. */
    private final double slack;

    Kind(double firstSeconds, double mostSeconds, double slack) {
      this.firstSeconds = firstSeconds;
      this.mostSeconds = mostSeconds;
      this.slack = slack;
    }
  }

  Level(Kind kind, Bucket bucket) {
    this.kind = kind;
    this.limit = bucket.limit();
    this.told = bucket.told();
    this.deficit = bucket.deficit();
    this.burst = bucket.burst();
    this.burstCap = bucket.burstCap();
    this.others = bucket.others();
    this.typical = bucket.typical();
  }

  Bucket bucket() {
    return new Bucket(limit, told, deficit, burst, burstCap, others, typical);
  }

  boolean isLimited() {
    return limit != null;
  }

  /**
   * Adopts the tighter of both limits. A bucket that comes into force so starts without anything to
   * give but what has refilled since: what was called before has used it up.
   *
   * @param idle seconds for which nobody can have called
   */
  void limit(@Nullable Long configured, @Nullable Long header, double idle) {
    if (header != null) {
      told = header;
    }
    Long before = limit;
    limit = tighter(configured, told);
    if (limit != null && !limit.equals(before)) {
      burst = Math.max(1, perSecond() * kind.firstSeconds);
      if (before == null) {
        deficit = Math.max(0, burst - perSecond() * idle);
      }
    }
  }

  private static @Nullable Long tighter(@Nullable Long one, @Nullable Long other) {
    return one == null ? other : other == null ? one : Long.valueOf(Math.min(one, other));
  }

  double perSecond() {
    return limit == null ? Double.POSITIVE_INFINITY : limit / 60.0;
  }

  /** What is refilled for us in a second. */
  double refill() {
    // Where hardly any burst is allowed, what comes a little early is refused: some air is left.
    double ours = isTight() ? perSecond() * AIR : perSecond();
    return Math.max(perSecond() * Bucket.LEAST_LEFT, ours - others);
  }

  private boolean isTight() {
    return burstCap > 0 && burstCap < TIGHT;
  }

  /** Time passes; {@code factor} of the refill is used meanwhile, less while the rate climbs. */
  void refill(double seconds, double factor) {
    if (isLimited()) {
      deficit = Math.max(0, deficit - refill() * factor * seconds);
      others *= Math.exp(-seconds / REMEMBERED_SECONDS);
    }
  }

  /** Nothing is left to give. */
  void empty() {
    deficit = Math.max(deficit, burst);
  }

  void charge(double amount) {
    if (isLimited()) {
      deficit = Math.max(0, deficit + amount);
    }
  }

  void learn(double amount) {
    typical = typical == 0 ? amount : typical + TYPICAL_WEIGHT * (amount - typical);
  }

  double deficit() {
    return deficit;
  }

  double burst() {
    return burst;
  }

  double typical() {
    return typical;
  }

  /** Seconds until the amount can be taken after {@code ahead} more was; 0 if it can be now. */
  double secondsUntil(double amount, double ahead) {
    if (!isLimited()) {
      return 0;
    }
    double missing = deficit + ahead + Math.min(amount, burst) - burst;
    return Math.max(0, missing / refill());
  }

  /** Whether the amount is larger than any burst that the provider can be expected to have. */
  boolean isAlone(double amount) {
    return isLimited() && amount > Math.max(burst, perSecond() * LEAST_BURST_SECONDS);
  }

  /**
   * Seconds to wait on for an amount that needs a full bucket: the provider's clock and ours do not
   * tick as one.
   */
  double margin(double amount) {
    return isAlone(amount) ? Math.clamp(amount / perSecond() * 0.015, 0.08, 0.5) : 0;
  }

  /** What refills meanwhile. */
  double owedFor(double amount) {
    return isLimited() ? margin(amount) * perSecond() : 0;
  }

  /**
   * A header said how much is missing from the full amount: what we did not count, others used.
   *
   * @param seconds since it was true
   * @param foreign whether others are known to be on the account
   * @return how much that was more than we knew
   */
  double missing(double missing, double seconds, boolean foreign) {
    if (!isLimited()) {
      return 0;
    }
    double more = missing - perSecond() * seconds - kind.slack - deficit;
    if (more <= 0) {
      return 0;
    }
    deficit += more;
    if (foreign) {
      others = Math.min(perSecond(), others + more / REMEMBERED_SECONDS);
    }
    return more;
  }

  /** Whether others use a share of the limit that matters. */
  boolean isShared() {
    return isLimited() && others > perSecond() / 100;
  }

  /** A 429: the provider's burst is smaller than thought. */
  void shrink() {
    if (isLimited()) {
      burstCap = Math.max(least(), burst * CAP_SHRINK);
      burst = Math.max(least(), burst * SHRINK);
    }
  }

  /** It went well for a while. */
  void grow() {
    if (isLimited()) {
      double most = Math.max(least(), perSecond() * kind.mostSeconds);
      // What hurt while it was small is left alone.
      double cap = burstCap == 0 ? most : isTight() ? burst : Math.min(most, burstCap);
      burst = Math.max(burst, Math.min(cap, burst * GROW));
    }
  }

  private double least() {
    return kind == Kind.REQUESTS ? 1 : Math.max(1, perSecond() * 0.1);
  }
}
