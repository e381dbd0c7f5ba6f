package io.millrace.cli.bench;

/** What Millrace is built for, N1 to N5 on two cores with everything on one machine. */
final class Targets {

  /** Items of batches. */
  static final double N1 = 20_000;

  /** MiB of the api's heap under N1. */
  static final double N1_HEAP = 512;

  static final double N2 = 4_000;
  static final double N3 = 3_000;
  static final double N4_CALLS = 10_000;
  static final double N4_MIB = 1_536;
  static final double N5_P50 = 10;
  static final double N5_P99 = 50;

  /** Percent of the limit that binds. */
  static final double P4_USED = 97;

  /** Percent of calls answered 429. */
  static final double P4_REFUSED = 0.1;

  static final double P4_REFUSED_BESIDE_OTHERS = 1;

  /** Calls answered 429 at low limits. */
  static final double P4_REFUSED_LOW = 1;

  /** The lease: what the loss of a worker may cost at most, in seconds. */
  static final double P4_RECOVERY = 15;

  /** With the million by without. */
  static final double P5 = 2;

  /** P8: milliseconds from a commit to the first attempt to tell of it. */
  static final double FIRST_ATTEMPT_P99 = 1_000;

  private Targets() {}
}
