package io.millrace.simulator.journal;

import java.util.Map;

/**
 * The sums since the start or the last reset.
 *
 * @param received calls whose request was read to its end, whatever became of them
 * @param byStatus replies by status; 0 counts the calls that got none
 * @param tokens what was produced and would be billed
 * @param pools by pool what its limits let through
 */
public record Stats(
    long received,
    Map<String, Long> byPath,
    Map<Integer, Long> byStatus,
    Map<Outcome, Long> byOutcome,
    Map<String, Long> byFault,
    Usage tokens,
    Map<String, PoolStats> pools,
    int inFlight,
    int peakInFlight,
    int connections) {

  /** A pool's admissions by dimension, and how many calls its limits refused. */
  public record PoolStats(long requests, long inputTokens, long outputTokens, long refused) {}
}
