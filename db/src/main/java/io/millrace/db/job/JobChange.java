package io.millrace.db.job;

import io.millrace.job.JobId;
import io.millrace.job.JobState;
import io.millrace.job.Lane;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A job in the state that it is in, as far as an event tells of it: nothing of its request or
 * answer.
 *
 * @param claimNo tells one stay in a state from the next
 * @param finishedAt null while it has not ended
 * @param failureCode null unless it failed
 */
public record JobChange(
    JobId id,
    int tenantId,
    JobState state,
    int claimNo,
    int attempts,
    Labels labels,
    Instant createdAt,
    @Nullable Instant finishedAt,
    @Nullable String failureCode) {

  /**
   * What a job keeps for life.
   *
   * @param model the one asked for
   */
  public record Labels(
      Lane lane,
      String model,
      @Nullable String customId,
      @Nullable String userId,
      @Nullable String feature,
      @Nullable UUID batchId) {}

  /** A moment at which a job ended: what names an event of its end. */
  public record End(Instant at, JobId id) {}
}
