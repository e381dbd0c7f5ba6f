package io.millrace.db.limit;

import io.millrace.rate.Dimension;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What all workers know of one pool's buckets. Times are microseconds since the epoch, by the
 * database's clock.
 *
 * @param at of the last draw; never goes back
 * @param requests the three buckets
 * @param heard whether any reply told, by its headers or their absence, which limits there are
 * @param burstChangedAt when a burst last grew or shrank
 * @param starts calls started in a second, averaged over some seconds
 * @param blockedUntil nothing starts until then; 0 where nothing is blocked
 * @param blockedBy the dimension or the failure code that blocks
 * @param probesFrom when a block ends after which one call goes ahead of the others; 0 where none
 *     has to
 * @param climbsFrom when the last pause ended, from where the rate climbs; 0 where it is long over
 * @param waitsFor what the first in line waits for: a dimension's name, {@code concurrent_calls} or
 *     what blocks; null where nobody waits
 */
public record PoolRate(
    long at,
    Bucket requests,
    Bucket inputTokens,
    Bucket outputTokens,
    boolean heard,
    long burstChangedAt,
    double starts,
    long blockedUntil,
    @Nullable String blockedBy,
    long probesFrom,
    long climbsFrom,
    @Nullable String waitsFor) {

  /**
   * One dimension of a pool.
   *
   * @param limit per minute, in force; null for unlimited
   * @param told per minute, by the provider's headers; null where they never told
   * @param deficit what was used and is not refilled yet
   * @param burst how large the deficit may become
   * @param burstCap what the burst must not grow beyond again; 0 where it never hurt
   * @param others what others on the account use in a second
   * @param typical what an average job takes
   */
  public record Bucket(
      @Nullable Long limit,
      @Nullable Long told,
      double deficit,
      double burst,
      double burstCap,
      double others,
      double typical) {

    /** The share of a limit that others never take. */
    public static final double LEAST_LEFT = 0.05;

    /** Of which nothing is known. */
    public static final Bucket UNKNOWN = new Bucket(null, null, 0, 0, 0, 0, 0);

    public double perSecond() {
      return limit == null ? Double.POSITIVE_INFINITY : limit / 60.0;
    }
  }

  /** Over so many seconds starts are averaged. */
  private static final double STARTS_SECONDS = 10;

  /** Starts in a second, averaged, after that many seconds without any. */
  static double averaged(double starts, double seconds) {
    return starts * Math.exp(-seconds / STARTS_SECONDS);
  }

  /** Starts in a second, averaged, that many seconds and starts after this was known. */
  public double starts(double seconds, int started) {
    return averaged(starts, seconds) + started / STARTS_SECONDS;
  }

  /** A pool of which nothing is known yet. */
  public static PoolRate unknown(long now) {
    return new PoolRate(
        now, Bucket.UNKNOWN, Bucket.UNKNOWN, Bucket.UNKNOWN, false, now, 0, 0, null, 0, 0, null);
  }

  /** Requests, input tokens, output tokens: the order of the columns' arrays. */
  public List<Bucket> buckets() {
    return List.of(requests, inputTokens, outputTokens);
  }

  public Bucket bucket(Dimension dimension) {
    return switch (dimension) {
      case REQUESTS -> requests;
      case INPUT_TOKENS -> inputTokens;
      case OUTPUT_TOKENS -> outputTokens;
    };
  }

  public boolean isUnlimited() {
    return requests.limit() == null && inputTokens.limit() == null && outputTokens.limit() == null;
  }
}
