package io.millrace.db.batch;

import io.millrace.job.BatchId;
import io.millrace.job.Lane;
import io.millrace.money.Usage;
import java.math.BigDecimal;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Everything that a caller may see of a batch, as of one moment.
 *
 * @param archivedAt since when its results are gone
 * @param pace how many items end in a second of late
 * @param usage of the calls whose cost is certain
 * @param cost US dollars; null where the price of a call is not known
 * @param suspected what may have been billed besides; null where a price is not known
 * @param readAt the moment, by the database clock
 */
public record BatchView(
    BatchId id,
    int tenantId,
    Backend backend,
    Lane lane,
    @Nullable String feature,
    int items,
    Instant createdAt,
    Instant expiresAt,
    @Nullable Instant cancelInitiatedAt,
    @Nullable Instant endedAt,
    @Nullable Instant archivedAt,
    Ended ended,
    double pace,
    Usage usage,
    @Nullable BigDecimal cost,
    @Nullable BigDecimal suspected,
    Instant readAt) {

  /** How many items ended in which way, those of the last moment included. */
  public record Ended(int succeeded, int errored, int canceled, int expired) {

    /** In any way. */
    public int all() {
      return succeeded + errored + canceled + expired;
    }
  }

  /** How many items have not ended; of a batch that has, those that were replayed. */
  public int open() {
    return Math.max(0, items - ended.all());
  }
}
