package io.millrace.worker.batch;

import java.time.Duration;

/**
 * How long to wait before the next look or try. Pure.
 *
 * @param longest between two looks at a batch that is known
 */
record Pace(Duration longest) {

  private static final Duration FIRST_POLL = Duration.ofSeconds(5);
  private static final Duration FIRST_LOOK = Duration.ofSeconds(2);
  private static final Duration LONGEST_TRY = Duration.ofMinutes(2);
  private static final double GROWTH = 1.3;
  private static final int SELDOM = 5;

  /** After so many looks at a batch that goes on. */
  Duration poll(int polls) {
    return grown(FIRST_POLL, polls, longest);
  }

  /** While a batch is looked for that was lost so long ago. */
  Duration look(Duration lostFor) {
    var fifth = lostFor.dividedBy(5);
    var least = fifth.compareTo(FIRST_LOOK) > 0 ? fifth : FIRST_LOOK;
    return shorter(least, longest);
  }

  /** After so many tries to send it. */
  Duration retry(int sends) {
    return grown(shorter(FIRST_POLL, longest), 3 * (sends - 1), LONGEST_TRY);
  }

  /** Before one is looked at again that nobody waits for. */
  Duration seldom() {
    return longest.multipliedBy(SELDOM);
  }

  private static Duration grown(Duration first, int times, Duration most) {
    double millis = first.toMillis() * Math.pow(GROWTH, Math.clamp(times, 0, 40));
    return shorter(Duration.ofMillis((long) Math.min(millis, 1e9)), most);
  }

  private static Duration shorter(Duration one, Duration other) {
    return one.compareTo(other) < 0 ? one : other;
  }
}
