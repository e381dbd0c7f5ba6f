package io.millrace.job;

import java.util.Optional;

/**
 * The record on the jobs topic: an invitation to claim one job as its {@code claimNo}-th claim. It
 * carries no payload and decides nothing: a record that is lost, late, doubled or out of order
 * meets a claim that either finds the job as described or finds nothing.
 *
 * <p>Written as {@code job_…:3}, so that an operator can read the topic with any console consumer.
 */
public record ReleasedJob(JobId id, int claimNo) {

  /** The record's text. */
  public String encode() {
    return id + ":" + claimNo;
  }

  /** The record of that text, or empty where it cannot be read. */
  public static Optional<ReleasedJob> decode(String text) {
    int colon = text.indexOf(':');
    if (colon < 0 || text.length() - colon > 11) {
      return Optional.empty();
    }
    try {
      int claimNo = Integer.parseInt(text, colon + 1, text.length(), 10);
      return claimNo < 0
          ? Optional.empty()
          : JobId.parse(text.substring(0, colon)).map(id -> new ReleasedJob(id, claimNo));
    } catch (NumberFormatException notANumber) {
      return Optional.empty();
    }
  }
}
