package io.millrace.claude.estimate;

/**
 * What one request is expected to use.
 *
 * @param inputTokens on the high side
 * @param outputTokens a guess of what will be produced
 * @param outputBound the most that can be produced: the request's {@code max_tokens}
 */
public record Estimate(long inputTokens, long outputTokens, long outputBound) {}
