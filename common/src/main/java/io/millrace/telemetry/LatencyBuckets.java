package io.millrace.telemetry;

import java.time.Duration;
import java.util.stream.LongStream;

/**
 * The bounds of every latency histogram: fixed, so that the histograms of all processes add up, and
 * few, so that a record costs next to nothing.
 */
public final class LatencyBuckets {

  private static final Duration[] BOUNDS =
      LongStream.of(
              1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 30_000, 60_000,
              300_000, 600_000, 3_600_000)
          .mapToObj(Duration::ofMillis)
          .toArray(Duration[]::new);

  /** The upper bounds, ascending. */
  public static Duration[] bounds() {
    return BOUNDS.clone();
  }

  private LatencyBuckets() {}
}
