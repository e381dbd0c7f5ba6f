package io.millrace.failure;

import java.util.Locale;

/** What a failure says about the call that met it, and so what may be done next. */
public enum FailureClass {
  /** Nothing was sent, or a complete reply says that nothing was done: the call may be repeated. */
  RETRYABLE(true),
  /** The account's limits were met: repeated after the wait, without counting as an attempt. */
  RATE_LIMITED(false),
  /** The call may have been billed without a recorded answer. */
  AMBIGUOUS(true),
  /** The account's fault, not the job's: the pool pauses and the job stays queued. */
  PLATFORM(false),
  /** Repeating the same request would fail alike. */
  PERMANENT(false),
  /** No call failed: the job's own terms, or somebody's wish, ended it. */
  ENDED(false);

  private final boolean counted;

  FailureClass(boolean counted) {
    this.counted = counted;
  }

  /** Whether a failure of this class uses up one of a job's {@code max_attempts}. */
  public boolean countsAsAttempt() {
    return counted;
  }

  /** The name in JSON, SQL and metrics. */
  public String wireName() {
    return name().toLowerCase(Locale.ROOT);
  }
}
