package io.millrace.db.job;

import io.millrace.db.job.Claims.Claimed;
import io.millrace.job.JobState;
import io.millrace.money.Usage;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What happened to a held job, to be recorded in one transaction: the call that was made, if one
 * was, and what becomes of the job. Whoever takes a job out of the running state, be it its worker,
 * the rescue of a lost worker or the deadline, does it with one of these.
 *
 * @param call the call that ended, or is presumed to have ended, under this claim
 */
public record Settlement(Claimed job, @Nullable Call call, Effect effect) {

  /** What becomes of the job. */
  public sealed interface Effect {

    /**
     * The end of this attempt series.
     *
     * @param failureCode set exactly for {@link JobState#FAILED}
     * @param body Claude's message, or an error envelope, as JSON bytes; null where there is none
     */
    record Finish(JobState state, @Nullable String failureCode, byte @Nullable [] body)
        implements Effect {}

    /**
     * Back to the queue, not to be claimed before the delay is over; canceled if that was asked.
     */
    record Requeue(Duration delay) implements Effect {}

    /** Still held: another call follows under the same claim. */
    record Keep() implements Effect {}
  }

  /**
   * One call, as one attempt row and at most one cost row.
   *
   * @param no counts the job's calls from 1
   * @param outcome the failure class's wire name, or {@code succeeded}
   * @param message the provider's error message, bounded; never prompt or answer
   * @param counted whether it counts towards {@code max_attempts}
   * @param presumed written by somebody who did not see the call; gives way to what its worker saw
   */
  public record Call(
      int no,
      String model,
      String outcome,
      @Nullable String code,
      @Nullable String message,
      @Nullable Integer httpStatus,
      @Nullable String requestId,
      Instant startedAt,
      @Nullable Instant firstByteAt,
      Instant finishedAt,
      boolean counted,
      boolean presumed,
      @Nullable Charge charge) {}

  /**
   * What a call cost or may have cost.
   *
   * @param suspected whether it is only possible that it was billed
   * @param rawUsage the provider's usage object as it came
   * @param amount US dollars, exact; null where the price is not known
   */
  public record Charge(
      boolean suspected,
      Usage usage,
      @Nullable String rawUsage,
      @Nullable BigDecimal amount,
      @Nullable String priceVersion) {}
}
