package io.millrace.simulator.batch;

import io.millrace.simulator.journal.Usage;
import org.jspecify.annotations.Nullable;

/**
 * What became of one item, whether or not its batch says so yet. Never holds a word of its prompt
 * or answer.
 *
 * @param messageId the id of the answer, where there is one
 * @param usage what was billed, at batch price; nothing unless it succeeded
 */
public record BatchItem(
    String batchId,
    String customId,
    ItemOutcome outcome,
    @Nullable String messageId,
    @Nullable String model,
    Usage usage) {}
