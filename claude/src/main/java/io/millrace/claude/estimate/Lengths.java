package io.millrace.claude.estimate;

/**
 * How long answers become. Those that end by themselves and those that are cut off by their {@code
 * max_tokens} are told apart, so that a request with another bound is not mistaken for its
 * predecessors.
 */
final class Lengths {

  private static final int WINDOW = 64;
  private static final double MARGIN = 0.25;

  // Whoever reached 100 tokens would not go on to 100,000 just because he may.
  private static final double BEYOND = 4;

  private final Ratio ended = new Ratio(WINDOW);
  private final Ratio bounds = new Ratio(WINDOW);
  private long seen;
  private double cutOff;
  private double errors;

  void add(double output, double bound) {
    if (bound <= 0) {
      return;
    }
    double error = seen == 0 ? 0 : output - observed(bound);
    seen++;
    cutOff += ((output >= bound ? 1 : 0) - cutOff) * weight();
    errors += (error * error - errors) * weight();
    if (output >= bound) {
      bounds.add(bound, 1);
    } else {
      ended.add(output, 1);
    }
  }

  boolean isUnknown() {
    return seen == 0;
  }

  /** At most the bound. */
  double value(double bound, double presumed) {
    if (seen == 0) {
      return Math.min(bound, presumed);
    }
    double observed = observed(bound) + MARGIN * Math.sqrt(errors * weight());
    return Math.min(bound, observed + (presumed - observed) * Ratio.doubt(seen));
  }

  private double observed(double bound) {
    return cutOff * Math.min(bound, BEYOND * bounds.mean())
        + (1 - cutOff) * Math.min(bound, ended.mean());
  }

  private double weight() {
    return 1.0 / Math.min(seen, WINDOW);
  }
}
