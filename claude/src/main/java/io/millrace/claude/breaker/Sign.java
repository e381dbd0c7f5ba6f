package io.millrace.claude.breaker;

import io.millrace.claude.call.Reply;
import io.millrace.claude.classify.Outcome;
import io.millrace.failure.FailureCode;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What the end of one call says about the service. */
public enum Sign {
  WORKS,
  /** It said so itself. */
  FAILS,
  /** No complete reply came: the service is down, or our way to it. */
  OUT_OF_REACH,
  /** We ended the call, or a limit or the account did. */
  NOTHING;

  // Jobs name timeouts of their own: one that allows its call too little time tells of itself.
  private static final Duration TELLING_SILENCE = Duration.ofSeconds(60);

  private static final Set<FailureCode> OURS =
      EnumSet.of(
          FailureCode.ABORTED_UNSENT,
          FailureCode.ABORTED_BY_CANCEL,
          FailureCode.ABORTED_BY_DEADLINE,
          FailureCode.DRAINED,
          FailureCode.LEASE_LOST,
          FailureCode.ANSWER_TOO_LARGE);

  boolean isFailure() {
    return this == FAILS || this == OUT_OF_REACH;
  }

  /** Reads the sign: a refused request is one of a service that works. */
  public static Sign of(Reply reply, Outcome outcome) {
    return switch (outcome) {
      case Outcome.Succeeded _ -> WORKS;
      case Outcome.RateLimited _, Outcome.Platform _ -> NOTHING;
      case Outcome.Permanent(var fault) -> isServers(fault.status()) ? FAILS : WORKS;
      case Outcome.Retryable(var fault, _) -> retryable(reply, fault);
      case Outcome.Ambiguous(var fault, _) -> ambiguous(reply, fault.code());
    };
  }

  private static Sign retryable(Reply reply, Outcome.Fault fault) {
    if (reply instanceof Reply.Answered) {
      return isServers(fault.status()) ? FAILS : NOTHING;
    }
    return OURS.contains(fault.code()) ? NOTHING : OUT_OF_REACH;
  }

  private static Sign ambiguous(Reply reply, FailureCode code) {
    if (code == FailureCode.CALL_TIMEOUT) {
      boolean silent = reply instanceof Reply.Broken broken && broken.status() == null;
      return silent && reply.timings().ended().compareTo(TELLING_SILENCE) >= 0
          ? OUT_OF_REACH
          : NOTHING;
    }
    if (OURS.contains(code)) {
      return NOTHING;
    }
    return reply instanceof Reply.Answered || code == FailureCode.STREAM_ERROR
        ? FAILS
        : OUT_OF_REACH;
  }

  private static boolean isServers(@Nullable Integer status) {
    return status != null && status >= 500;
  }
}
