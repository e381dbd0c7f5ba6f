package io.millrace.cli.bench;

/**
 * One number that has a target.
 *
 * @param target NaN where there is none
 * @param atMost whether the target is not to be exceeded, rather than to be reached
 */
record Figure(String id, String what, String unit, double value, double target, boolean atMost) {

  static Figure atLeast(String id, String what, String unit, double value, double target) {
    return new Figure(id, what, unit, value, target, false);
  }

  static Figure atMost(String id, String what, String unit, double value, double target) {
    return new Figure(id, what, unit, value, target, true);
  }

  static Figure plain(String id, String what, String unit, double value) {
    return new Figure(id, what, unit, value, Double.NaN, false);
  }

  boolean hasTarget() {
    return !Double.isNaN(target);
  }

  /** Measured by target; one where none was to be and none is. */
  double ratio() {
    return value == target ? 1 : value / target;
  }

  boolean isMet() {
    return atMost ? value <= target : value >= target;
  }
}
