package io.millrace.cli.bench;

/** What Millrace is built for, on two cores with everything on one machine. */
final class Targets {

  static final double N2 = 4_000;
  static final double N3 = 3_000;
  static final double N4_CALLS = 10_000;
  static final double N4_MIB = 1_536;
  static final double N5_P50 = 10;
  static final double N5_P99 = 50;

  private Targets() {}
}
