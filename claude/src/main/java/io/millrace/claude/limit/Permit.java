package io.millrace.claude.limit;

/**
 * Leave to make one call. It is charged already; when the call is over, or was never made, it is
 * settled with the {@link Limiter} that granted it, exactly once.
 */
public final class Permit {
  private static final double NANOS = 1e9;

  private final Wanted wanted;
  private final long startsAt;
  private final long onTimeUntil;
  private final long validUntil;
  private final boolean pauseProbe;
  private final boolean blockProbe;
  private final boolean alone;
  private volatile long begun;
  private double reported;
  private boolean ended;

  /**
   * A grant.
   *
   * @param startsAt local nanoseconds; not before
   * @param onTimeUntil local nanoseconds; later it would come together with those granted after it
   * @param validUntil local nanoseconds; not after
   */
  Permit(
      Wanted wanted,
      long startsAt,
      long onTimeUntil,
      long validUntil,
      boolean pauseProbe,
      boolean blockProbe,
      boolean alone) {
    this.wanted = wanted;
    this.startsAt = startsAt;
    this.onTimeUntil = onTimeUntil;
    this.validUntil = validUntil;
    this.pauseProbe = pauseProbe;
    this.blockProbe = blockProbe;
    this.alone = alone;
  }

  public Wanted wanted() {
    return wanted;
  }

  public String pool() {
    return wanted.pool();
  }

  /** Local nanoseconds at which the call may begin. */
  public long startsAt() {
    return startsAt;
  }

  /**
   * Whether the call may be begun now. Where the provider allows hardly any burst, one that is late
   * is asked for anew: the moment is lost, as it is in the provider's bucket.
   */
  public boolean isOnTime(long nanoTime) {
    return onTimeUntil - nanoTime > 0;
  }

  /** Whether the call may still begin: a grant that was not used in time is void. */
  public boolean isValid(long nanoTime) {
    return validUntil - nanoTime > 0;
  }

  /** Whether this call tries if the account is accepted again. */
  public boolean isPauseProbe() {
    return pauseProbe;
  }

  /** Whether this call tries if a limit that was met lets calls in again. */
  boolean isBlockProbe() {
    return blockProbe;
  }

  /** Whether the call had the bucket for itself, since it is larger than the bucket. */
  public boolean isAlone() {
    return alone;
  }

  /** The call begins now. */
  public void begin(long nanoTime) {
    begun = nanoTime;
  }

  /** Local nanoseconds at which the call began; 0 before it did. */
  long begun() {
    return begun;
  }

  /** Marks the end; false where it was marked before. The pool's lock is held. */
  boolean end() {
    boolean first = !ended;
    ended = true;
    return first;
  }

  /**
   * Output tokens that were probably produced since this was asked last. The pool's lock is held.
   */
  double producedSince(long now) {
    double produced = producedBy(now);
    double more = Math.max(0, produced - reported);
    reported += more;
    return more;
  }

  /** Output that was reported as produced. The pool's lock is held. */
  double reported() {
    return reported;
  }

  /** Adds what the call will probably produce within each horizon. */
  void forecast(long now, double[] horizons) {
    double produced = producedBy(now);
    // A call that runs longer than expected still produces something.
    double rest = Math.max(wanted.output() - produced, wanted.output() / 10.0);
    double idle = Math.max(0, wanted.secondsToFirst() - elapsed(now));
    for (int i = 0; i < horizons.length; i++) {
      double working = Math.max(0, Draw.HORIZONS[i] - idle);
      horizons[i] += Math.min(rest, wanted.outputPerSecond() * working);
    }
  }

  private double producedBy(long now) {
    double working = Math.max(0, elapsed(now) - wanted.secondsToFirst());
    return begun == 0 ? 0 : Math.min((double) wanted.output(), wanted.outputPerSecond() * working);
  }

  private double elapsed(long now) {
    return begun == 0 ? 0 : (now - begun) / NANOS;
  }
}
