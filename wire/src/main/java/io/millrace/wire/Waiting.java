package io.millrace.wire;

import io.millrace.db.job.JobView;
import io.millrace.job.JobState;
import io.millrace.rate.Dimension;
import java.time.Instant;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Why a queued job has not started, and when it may.
 *
 * @param reason null for a job that does not wait
 * @param expectedStart null where nobody can tell
 */
public record Waiting(@Nullable Reason reason, @Nullable Instant expectedStart) {

  /** Of a job that does not wait. */
  public static final Waiting NONE = new Waiting(null, null);

  /** The words of {@code waiting_for}. */
  public enum Reason {
    SCHEDULE,
    RETRY,
    TENANT_SHARE,
    REQUESTS,
    INPUT_TOKENS,
    OUTPUT_TOKENS,
    PAUSED,
    BATCH,
    DISPATCH;

    String wireName() {
      return name().toLowerCase(Locale.ROOT);
    }

    /** What a job waits for that this limit holds back. */
    public static Reason of(Dimension dimension) {
      return switch (dimension) {
        case REQUESTS -> REQUESTS;
        case INPUT_TOKENS -> INPUT_TOKENS;
        case OUTPUT_TOKENS -> OUTPUT_TOKENS;
      };
    }
  }

  /** As far as the job itself tells: what the rate makes it wait for shows as dispatch. */
  public static Waiting of(JobView job, Instant now) {
    if (job.state() != JobState.QUEUED) {
      return NONE;
    }
    if (job.paused()) {
      return new Waiting(Reason.PAUSED, null);
    }
    if (job.batchUntil() != null && job.batchUntil().isAfter(now)) {
      // Whoever fills provider batches says when; the provider says for how long.
      return new Waiting(Reason.BATCH, null);
    }
    if (!job.dueAt().isAfter(now)) {
      return new Waiting(Reason.DISPATCH, null);
    }
    if (job.putOff()) {
      return new Waiting(Reason.TENANT_SHARE, job.dueAt());
    }
    if (job.attempts() > 0) {
      return new Waiting(Reason.RETRY, job.dueAt());
    }
    // A worker that could not start it for want of the rate gave it back for a moment.
    return new Waiting(
        job.startedAt() == null ? Reason.SCHEDULE : Reason.DISPATCH,
        job.startedAt() == null ? job.dueAt() : null);
  }

  @Nullable String wireName() {
    return reason == null ? null : reason.wireName();
  }
}
