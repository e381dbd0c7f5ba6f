package io.millrace.simulator.limit;

/**
 * What one caller had of a pool in a second.
 *
 * @param requests calls admitted
 * @param inputTokens input that the admitted calls were charged
 * @param outputTokens output produced, also of calls that were admitted earlier
 * @param refusedForRequests calls answered 429 because the requests were used up
 * @param refusedForInput the same of input tokens
 * @param refusedForOutput the same of output tokens
 */
public record Use(
    long requests,
    long inputTokens,
    double outputTokens,
    long refusedForRequests,
    long refusedForInput,
    long refusedForOutput) {
  public static final Use NONE = new Use(0, 0, 0, 0, 0, 0);

  public Use plus(Use more) {
    return new Use(
        requests + more.requests,
        inputTokens + more.inputTokens,
        outputTokens + more.outputTokens,
        refusedForRequests + more.refusedForRequests,
        refusedForInput + more.refusedForInput,
        refusedForOutput + more.refusedForOutput);
  }

  /** All calls answered 429. */
  public long refused() {
    return refusedForRequests + refusedForInput + refusedForOutput;
  }

  public double of(Dimension dimension) {
    return switch (dimension) {
      case REQUESTS -> requests;
      case INPUT_TOKENS -> inputTokens;
      case OUTPUT_TOKENS -> outputTokens;
    };
  }
}
