package io.millrace.db.batch;

import io.millrace.job.BatchId;
import io.millrace.job.Lane;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A batch as accepted at the door, not yet stored.
 *
 * @param items how many jobs it has
 * @param bytes of all their params
 */
public record NewBatch(
    BatchId id,
    int tenantId,
    Backend backend,
    Lane lane,
    @Nullable String feature,
    String anthropicVersion,
    List<String> anthropicBeta,
    int items,
    long bytes,
    Instant expiresAt) {}
