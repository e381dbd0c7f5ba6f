package io.millrace.db.quota;

import java.util.List;

/**
 * What one tenant, or one user of a tenant, has started and is put off to. Times are the
 * database's.
 *
 * @param starts by second, in order
 * @param far microseconds since the epoch up to which starts are given away to jobs put off for the
 *     first time
 * @param near likewise to jobs put off again
 * @param front likewise to interactive jobs
 * @param settled of calls that ended and were not taken into account yet
 * @param learnt of those that were, fading
 */
public record QuotaState(
    List<Starts> starts, long far, long near, long front, Tokens settled, Tokens learnt) {

  /** Of somebody who has started nothing lately. */
  public static final QuotaState NEW =
      new QuotaState(List.of(), 0, 0, 0, new Tokens(0, 0), new Tokens(0, 0));

  /** What was started within a second since the epoch. */
  public record Starts(long second, int requests, long tokens) {}

  /** What calls took, and what they had been estimated at. */
  public record Tokens(double actual, double estimate) {}
}
