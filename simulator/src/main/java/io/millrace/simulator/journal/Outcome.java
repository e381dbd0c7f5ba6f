package io.millrace.simulator.journal;

/** How a received call ended, as the simulator saw it. */
public enum Outcome {
  /** Not ended yet. */
  IN_FLIGHT,
  /** A whole answer was sent. */
  ANSWERED,
  /** The request itself was refused (4xx). */
  REJECTED,
  /** A rate limit's bucket refused it. */
  LIMITED,
  /** It met a fault. */
  FAULTED,
  /** The client closed the connection before it had its answer. */
  ABANDONED
}
