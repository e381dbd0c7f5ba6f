package io.millrace.claude.estimate;

import java.time.Duration;

/**
 * What a call is expected to take of the rate, and when.
 *
 * @param inputTokens that count against the rate limit: cache writes do, cache reads do not
 * @param outputTokens at most the request's {@code max_tokens}
 * @param outputPerSecond how fast its output is produced
 * @param untilFirst from the call to the first output token
 */
public record Expected(
    long inputTokens, long outputTokens, double outputPerSecond, Duration untilFirst) {}
