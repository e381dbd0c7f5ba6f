package io.millrace.job;

import java.util.Locale;
import java.util.Set;

/**
 * The states of a job and, alone in the system, the legal moves between them. {@code
 * docs/state-machine.md} is written from this table by the test that walks every pair of states
 * through the store.
 */
public enum JobState {
  /** Waits for its time, for the rate or for a worker. */
  QUEUED,
  /** Claimed by a worker incarnation; a call may be under way. */
  RUNNING,
  /** Final: Claude's answer is recorded. */
  SUCCEEDED,
  /** The dead letter: has a failure code, stays inspectable, can be replayed. */
  FAILED,
  /** Final: the caller took it back. */
  CANCELED,
  /** Its deadline passed before an answer was recorded. */
  EXPIRED;

  /** Whether a job in this state may move to {@code next}. */
  public boolean canBecome(JobState next) {
    return moves().contains(next);
  }

  /** Whether nothing more happens to a job in this state unless somebody replays it. */
  public boolean isFinal() {
    return switch (this) {
      case QUEUED, RUNNING -> false;
      case SUCCEEDED, FAILED, CANCELED, EXPIRED -> true;
    };
  }

  /** The name in JSON, SQL, metrics and documents. */
  public String wireName() {
    return name().toLowerCase(Locale.ROOT);
  }

  private Set<JobState> moves() {
    return switch (this) {
      case QUEUED -> Set.of(RUNNING, CANCELED, EXPIRED);
      case RUNNING -> Set.of(QUEUED, SUCCEEDED, FAILED, CANCELED, EXPIRED);
      case FAILED, EXPIRED, CANCELED -> Set.of(QUEUED);
      case SUCCEEDED -> Set.of();
    };
  }
}
