package io.millrace.money;

import org.jspecify.annotations.Nullable;

/**
 * What one call used, as the provider reported it.
 *
 * @param inputTokens input that was neither read from nor written to the cache: not the whole
 *     prompt, for which see {@link #promptTokens}
 * @param thinkingTokens the part of {@code outputTokens} spent on thinking; not billed again
 * @param webSearchRequests searches made by the server-side web search tool
 * @param serviceTier {@code standard}, {@code priority} or {@code batch}, if reported
 * @param inferenceGeo where the model ran, if reported; {@code us} may carry a surcharge
 * @param speed {@code standard} or {@code fast}, if reported
 */
public record Usage(
    long inputTokens,
    long outputTokens,
    long cacheWrite5mTokens,
    long cacheWrite1hTokens,
    long cacheReadTokens,
    long thinkingTokens,
    long webSearchRequests,
    @Nullable String serviceTier,
    @Nullable String inferenceGeo,
    @Nullable String speed) {

  public static final Usage NONE = of(0, 0);

  /** Plain usage without cache, tools or modifiers. */
  public static Usage of(long inputTokens, long outputTokens) {
    return new Usage(inputTokens, outputTokens, 0, 0, 0, 0, 0, null, null, null);
  }

  /** The whole prompt: cached or not. */
  public long promptTokens() {
    return inputTokens + cacheWrite5mTokens + cacheWrite1hTokens + cacheReadTokens;
  }

  /** Both kinds of cache writes, as {@code cache_creation_input_tokens} reports them. */
  public long cacheWriteTokens() {
    return cacheWrite5mTokens + cacheWrite1hTokens;
  }

  /** What counts against the input token rate limit: cache reads do not. */
  public long rateLimitedInputTokens() {
    return inputTokens + cacheWriteTokens();
  }

  public long quantity(UsageKind kind) {
    return switch (kind) {
      case INPUT -> inputTokens;
      case OUTPUT -> outputTokens;
      case CACHE_WRITE_5M -> cacheWrite5mTokens;
      case CACHE_WRITE_1H -> cacheWrite1hTokens;
      case CACHE_READ -> cacheReadTokens;
      case WEB_SEARCH -> webSearchRequests;
    };
  }

  public Usage withOutput(long tokens) {
    return new Usage(
        inputTokens,
        tokens,
        cacheWrite5mTokens,
        cacheWrite1hTokens,
        cacheReadTokens,
        thinkingTokens,
        webSearchRequests,
        serviceTier,
        inferenceGeo,
        speed);
  }

  public Usage withCache(long write5mTokens, long write1hTokens, long readTokens) {
    return new Usage(
        inputTokens,
        outputTokens,
        write5mTokens,
        write1hTokens,
        readTokens,
        thinkingTokens,
        webSearchRequests,
        serviceTier,
        inferenceGeo,
        speed);
  }

  public Usage withWebSearches(long requests) {
    return new Usage(
        inputTokens,
        outputTokens,
        cacheWrite5mTokens,
        cacheWrite1hTokens,
        cacheReadTokens,
        thinkingTokens,
        requests,
        serviceTier,
        inferenceGeo,
        speed);
  }

  public Usage withTerms(
      @Nullable String newServiceTier,
      @Nullable String newInferenceGeo,
      @Nullable String newSpeed) {
    return new Usage(
        inputTokens,
        outputTokens,
        cacheWrite5mTokens,
        cacheWrite1hTokens,
        cacheReadTokens,
        thinkingTokens,
        webSearchRequests,
        newServiceTier,
        newInferenceGeo,
        newSpeed);
  }
}
