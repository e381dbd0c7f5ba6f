package io.millrace.worker.deliver;

import io.millrace.delivery.DeliveryError;
import org.jspecify.annotations.Nullable;

/** What came of one request. */
sealed interface Reply {

  /**
   * The receiver answered.
   *
   * @param beginning of the answer's body
   * @param retryAfter that header as it came; null where there was none
   */
  record Answered(int status, String beginning, @Nullable String retryAfter) implements Reply {}

  /**
   * No complete answer came.
   *
   * @param status of an answer whose body did not end in time; null where nothing came
   */
  record Unanswered(DeliveryError error, @Nullable Integer status) implements Reply {}

  /** It was stopped for the sake of a drain. */
  record Stopped() implements Reply {}
}
