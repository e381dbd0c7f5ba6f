package io.millrace.claude.limit;

import io.millrace.claude.classify.Outcome.Dimension;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** The answer to a call that wants to start. */
public sealed interface Admission {

  /** The call may start now; its permit is settled or returned when it ends. */
  record Admitted(Permit permit) implements Admission {}

  /**
   * Not before this has passed.
   *
   * @param binding the limit that binds; null while the whole pool is blocked
   */
  record Wait(Duration delay, @Nullable Dimension binding) implements Admission {}

  /** What a call has reserved. */
  record Permit(String pool, long inputTokens, long outputTokens) {}
}
