package io.millrace.simulator.journal;

/**
 * Tokens by kind, as in the API's {@code usage}: the input is what was neither read from the cache
 * nor written to it.
 */
public record Usage(
    long inputTokens,
    long cacheReadInputTokens,
    long cacheWrite5mTokens,
    long cacheWrite1hTokens,
    long outputTokens) {
  public static final Usage NONE = new Usage(0, 0, 0, 0, 0);

  public long cacheCreationInputTokens() {
    return cacheWrite5mTokens + cacheWrite1hTokens;
  }

  /** What counts towards the input limit. */
  public long uncachedInputTokens() {
    return inputTokens + cacheCreationInputTokens();
  }

  public Usage withOutput(long tokens) {
    return new Usage(
        inputTokens, cacheReadInputTokens, cacheWrite5mTokens, cacheWrite1hTokens, tokens);
  }

  public Usage plus(Usage other) {
    return new Usage(
        inputTokens + other.inputTokens,
        cacheReadInputTokens + other.cacheReadInputTokens,
        cacheWrite5mTokens + other.cacheWrite5mTokens,
        cacheWrite1hTokens + other.cacheWrite1hTokens,
        outputTokens + other.outputTokens);
  }
}
