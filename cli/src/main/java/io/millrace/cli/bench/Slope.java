package io.millrace.cli.bench;

import java.util.List;

/** How fast something grows: the straight line of least squares through its later half. */
final class Slope {

  private Slope() {}

  /** By the minute, of values that are a minute apart; NaN of fewer than three. */
  static double perMinute(List<Double> values) {
    // The first half holds what every process takes once: caches, compiled code, the heap.
    List<Double> later = values.subList(values.size() / 2, values.size());
    int n = later.size();
    if (n < 3) {
      return Double.NaN;
    }
    double meanX = (n - 1) / 2.0;
    double meanY = later.stream().mapToDouble(value -> value).average().orElse(0);
    double products = 0;
    double squares = 0;
    for (int x = 0; x < n; x++) {
      products += (x - meanX) * (later.get(x) - meanY);
      squares += (x - meanX) * (x - meanX);
    }
    return products / squares;
  }
}
