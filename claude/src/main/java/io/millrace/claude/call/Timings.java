package io.millrace.claude.call;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * When a call did what; durations count from {@code startedAt}.
 *
 * @param sent when the request's body began to leave, if it did
 * @param replied when the reply's head was there, if it came
 * @param ended when the call was over
 */
public record Timings(
    Instant startedAt, @Nullable Duration sent, @Nullable Duration replied, Duration ended) {}
