package io.millrace.simulator.journal;

import io.millrace.simulator.fault.Fault;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One received call. Never holds a word of its prompt or answer.
 *
 * @param job the caller's {@code x-millrace-job}
 * @param attempt the caller's {@code x-millrace-attempt}
 * @param userId the request's {@code metadata.user_id}
 * @param status what was sent; 0 where nothing was
 * @param usage what was produced and would be billed, also where the client never got it
 */
public record Received(
    String requestId,
    Instant at,
    String path,
    @Nullable String model,
    @Nullable String job,
    @Nullable String attempt,
    @Nullable String userId,
    boolean streaming,
    int status,
    Outcome outcome,
    @Nullable Fault fault,
    Usage usage) {}
