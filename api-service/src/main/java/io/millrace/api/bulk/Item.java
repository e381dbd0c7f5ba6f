package io.millrace.api.bulk;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One item of a batch, checked and measured.
 *
 * @param live whether it holds what a Message Batch of the provider would refuse
 * @param userId its own, or the one of its params
 * @param metadata the caller's pairs as the JSON they came as
 * @param keepsNothing whether its prompt and answer go once they were handed over
 */
@SuppressWarnings("ArrayRecordComponent") // never compared; a copy per item would be waste
record Item(
    String customId,
    byte[] params,
    String model,
    int maxTokens,
    boolean live,
    int estimatedInput,
    Duration timeout,
    @Nullable String userId,
    @Nullable String feature,
    @Nullable String metadata,
    List<String> fallbackModels,
    int maxAttempts,
    boolean retryAmbiguous,
    boolean keepsNothing) {}
