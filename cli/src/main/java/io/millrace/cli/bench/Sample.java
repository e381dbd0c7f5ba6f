package io.millrace.cli.bench;

import java.util.Arrays;

/** Measured times in microseconds, in order of size. */
final class Sample {

  private final long[] sorted;

  private Sample(long[] sorted) {
    this.sorted = sorted;
  }

  static Sample of(long[] micros) {
    long[] sorted = micros.clone();
    Arrays.sort(sorted);
    return new Sample(sorted);
  }

  int size() {
    return sorted.length;
  }

  /** The smallest time that at least this share of all does not exceed, in milliseconds. */
  double millis(double share) {
    if (sorted.length == 0) {
      return Double.NaN;
    }
    // Half a millionth less, so that 0.99 of 100 is the 99th and not, by rounding, the 100th.
    int rank = (int) Math.ceil(share * sorted.length - 5e-7);
    return sorted[Math.clamp(rank, 1, sorted.length) - 1] / 1e3;
  }

  /** The same of plain numbers: the middle one, or the mean of the two in the middle. */
  static double median(double... values) {
    if (values.length == 0) {
      return Double.NaN;
    }
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }

  static double least(double... values) {
    return Arrays.stream(values).min().orElse(Double.NaN);
  }

  static double most(double... values) {
    return Arrays.stream(values).max().orElse(Double.NaN);
  }
}
