package io.millrace.claude.retry;

import io.millrace.failure.FailureCode;
import java.time.Duration;

/** What follows a failed call. */
public sealed interface RetryDecision {

  /** The job waits this long, then the call is made again. */
  record RetryAfter(Duration delay) implements RetryDecision {}

  /** The job ends with this code. */
  record GiveUp(FailureCode code, Reason reason) implements RetryDecision {}

  /** Why no further call is made. */
  enum Reason {
    PERMANENT,
    ATTEMPTS_EXHAUSTED,
    DEADLINE,
    ON_AMBIGUOUS
  }
}
