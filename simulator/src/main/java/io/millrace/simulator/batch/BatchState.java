package io.millrace.simulator.batch;

import io.millrace.simulator.journal.Usage;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How a batch really stands, which its owner learns only when it has ended.
 *
 * @param bytes how long the body was that created it
 * @param deleted it was deleted, and is kept for the record
 * @param billed the sum over its items
 */
public record BatchState(
    String id,
    String processingStatus,
    Instant createdAt,
    @Nullable Instant endedAt,
    boolean deleted,
    int size,
    long bytes,
    Map<ItemOutcome, Integer> items,
    Usage billed) {}
