package io.millrace.claude.call;

import io.millrace.failure.FailureCode;

/** Why a running call is stopped from outside. */
public enum AbortReason {
  CANCEL(FailureCode.ABORTED_BY_CANCEL),
  DEADLINE(FailureCode.ABORTED_BY_DEADLINE),
  DRAIN(FailureCode.DRAINED),
  LEASE_LOST(FailureCode.LEASE_LOST),
  /** The call's own timeout. */
  TIMEOUT(FailureCode.CALL_TIMEOUT),
  /** A stream brought nothing, not even a ping, for too long. */
  SILENCE(FailureCode.STREAM_STALLED);

  private final FailureCode onceSent;

  AbortReason(FailureCode onceSent) {
    this.onceSent = onceSent;
  }

  /** The code if sending had begun; before, it is {@link FailureCode#ABORTED_UNSENT}. */
  FailureCode onceSent() {
    return onceSent;
  }
}
