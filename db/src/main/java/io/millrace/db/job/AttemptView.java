package io.millrace.db.job;

import java.math.BigDecimal;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * One call of a job, that was or may have been sent.
 *
 * @param no counts the job's calls from one, over all series
 * @param workerId the incarnation that made it
 * @param providerBatch Claude's id of the batch in which it was sent, as far as it is known; null
 *     for a call by itself
 * @param presumed written by the rescue for a call that it did not see
 * @param fencedOut its answer came after its claim had been given to another, and was not used
 * @param usage as the provider reported it, as JSON
 * @param cost US dollars; null where a price is not known
 * @param suspectedCost what may have been billed without a recorded answer; null where a price is
 *     not known
 */
public record AttemptView(
    int no,
    int series,
    UUID workerId,
    String model,
    String outcome,
    @Nullable String code,
    @Nullable String message,
    @Nullable Integer httpStatus,
    @Nullable String providerRequestId,
    Instant startedAt,
    @Nullable Instant firstByteAt,
    Instant finishedAt,
    @Nullable String providerBatch,
    boolean presumed,
    boolean fencedOut,
    @Nullable String usage,
    @Nullable BigDecimal cost,
    @Nullable BigDecimal suspectedCost) {}
