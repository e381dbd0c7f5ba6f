package io.millrace.claude.estimate;

/**
 * How much of something comes with each unit of something else, over the latest observations: the
 * sum of one over the sum of the other, so that what is expected of many calls adds up to what they
 * take, however their sizes differ.
 */
final class Ratio {

  /** Observations until what is observed counts for more than what was presumed: about four. */
  private static final double PATIENCE = 6;

  // Of the error of the mean. Several workers' errors add up; each is put right after the call.
  private static final double MARGIN = 0.25;

  private final int window;
  private long seen;
  private double amount;
  private double units;
  private double errors;

  /**
   * @param window how many observations count
   */
  Ratio(int window) {
    this.window = window;
  }

  void add(double observedAmount, double observedUnits) {
    double error = seen == 0 ? 0 : observedAmount - mean() * observedUnits;
    seen++;
    amount += (observedAmount - amount) * weight();
    units += (observedUnits - units) * weight();
    errors += (error * error - errors) * weight();
  }

  boolean isUnknown() {
    return seen == 0;
  }

  /** Slightly on the high side of what was observed; while little was, near what is presumed. */
  double value(double presumed) {
    if (seen == 0) {
      return presumed;
    }
    double observed = mean() + MARGIN * Math.sqrt(errors * weight()) / units;
    return observed + (presumed - observed) * doubt(seen);
  }

  /** How much of a presumption stands after so many observations: less than a fiftieth after 24. */
  static double doubt(long observations) {
    return Math.exp(-observations / PATIENCE);
  }

  /** What was observed, without a margin; 0 if nothing was. */
  double mean() {
    return seen == 0 ? 0 : amount / units;
  }

  private double weight() {
    return 1.0 / Math.min(seen, window);
  }
}
