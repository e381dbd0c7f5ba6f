package io.millrace.claude.estimate;

import java.time.Duration;

/** How fast a model answers. */
final class Pace {

  private static final int WINDOW = 256;

  // Whatever is produced early counts early: what is not known is taken to be fast.
  private static final double PRESUMED_PER_SECOND = 100;
  private static final double SHORTEST_SECONDS = 1e-6;

  // An answer that is not streamed has its first byte when it is finished.
  private static final double STREAMED = 0.1;

  private final Ratio perSecond = new Ratio(WINDOW);
  private final Ratio untilFirst = new Ratio(WINDOW);

  void learn(long output, Duration untilFirstByte, Duration whole) {
    if (output <= 0) {
      return;
    }
    double all = Math.max(SHORTEST_SECONDS, seconds(whole));
    double first = Math.clamp(seconds(untilFirstByte), 0, all);
    if (all - first >= STREAMED * all) {
      perSecond.add((double) output, all - first);
      untilFirst.add(first, 1);
    } else {
      // Nothing tells when it was produced: evenly.
      perSecond.add((double) output, all);
      untilFirst.add(0, 1);
    }
  }

  double perSecond() {
    return perSecond.value(PRESUMED_PER_SECOND);
  }

  Duration untilFirst() {
    return Duration.ofNanos((long) (untilFirst.mean() * 1e9));
  }

  private static double seconds(Duration duration) {
    return duration.toNanos() / 1e9;
  }
}
