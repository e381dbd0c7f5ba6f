package io.millrace.claude.limit;

import io.millrace.db.limit.PoolRate;
import io.millrace.rate.Dimension;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a worker brings to a draw: what became of earlier grants, what the provider said, and who
 * wants to start next.
 *
 * @param settled what earlier grants used beyond what was reserved for them; less than zero gives
 *     back
 * @param told what the latest reply's headers say; null where there was none
 * @param heard whether any reply came since the last draw
 * @param proved whether a call that began after the last refusal got through since the last draw
 * @param started calls that started without a grant since the last draw, since nothing limited them
 * @param calls granted and not ended
 * @param forecast output tokens that those are expected to produce within each horizon
 * @param waiting jobs that wait, by lane
 * @param wishes the first of them, in their order
 */
record Draw(
    PoolLimits configured,
    Settled settled,
    @Nullable Told told,
    List<Refused> refused,
    boolean heard,
    boolean proved,
    Started started,
    int calls,
    double[] forecast,
    List<Integer> waiting,
    List<Wish> wishes) {

  /** Seconds for which output is forecast. */
  static final double[] HORIZONS = {0.25, 1, 3, 10, 30, 60};

  /** How many of those who wait other workers get to see. */
  static final int PLACES = 8;

  /** Differences to what was reserved; output is never reserved but charged as it is produced. */
  record Settled(double requests, double input, double produced) {
    static final Settled NOTHING = new Settled(0, 0, 0);

    Settled plus(Settled other) {
      return new Settled(requests + other.requests, input + other.input, produced + other.produced);
    }
  }

  /** Calls that needed no grant, and what they took. */
  record Started(int calls, double input, double output) {
    static final Started NONE = new Started(0, 0, 0);
  }

  /**
   * The limits of a reply.
   *
   * @param buckets requests, input tokens, output tokens; an element is null where nothing is said
   * @param age microseconds since the reply came
   */
  record Told(List<Limit> buckets, long age) {}

  /**
   * One limit as a header tells it.
   *
   * @param perMinute null where there is none
   * @param remaining of the whole minute's amount; null where there is none
   */
  record Limit(@Nullable Long perMinute, @Nullable Long remaining) {}

  /**
   * A 429.
   *
   * @param dimension the limit that it named, if it did
   * @param ramp whether the traffic grew too fast, rather than beyond a limit
   * @param away microseconds to keep away
   * @param began microseconds since the call began
   */
  record Refused(@Nullable Dimension dimension, boolean ramp, long away, long began) {}

  /**
   * A job that wants to start.
   *
   * @param rank of its lane, less what it gained by waiting
   * @param since microseconds since its turn
   * @param input tokens that count towards the limit
   * @param output tokens it is expected to produce
   * @param outputPerSecond at this speed
   */
  record Wish(int rank, long since, long input, long output, double outputPerSecond) {

    /** What it is expected to have produced so many seconds after its start. */
    double producedIn(double seconds) {
      return Math.min((double) output, outputPerSecond * seconds);
    }
  }

  /** What became of a wish. */
  sealed interface Decision {

    /**
     * It starts.
     *
     * @param delay microseconds from the draw
     * @param probe whether the platform's pause or a block is tried by it
     * @param alone whether it is larger than the burst and had to wait for a full bucket
     */
    record Start(long delay, boolean probe, boolean alone) implements Decision {}

    /**
     * It waits.
     *
     * @param pause microseconds, as far as can be told now
     * @param first whether nobody of any worker is before it
     * @param binding what it waits for
     */
    record Later(long pause, boolean first, String binding) implements Decision {}
  }

  /**
   * What a draw comes to.
   *
   * @param rate the pool after it
   * @param paused the reason of a pause that lasts; null where the pool is open
   * @param decisions one for each wish, in their order
   */
  record Drawn(PoolRate rate, @Nullable String paused, List<Decision> decisions) {}
}
