package io.millrace.claude.estimate;

import io.millrace.model.Model;
import io.millrace.model.ModelCatalogue;

/**
 * Turns the shape of a request into an estimate. Its factors are fixed and careful; learning them
 * from actual usage replaces this class's constants, not its callers.
 */
public final class Estimator {
  // English prose runs at about four characters a token with the older tokenizer, code and JSON at
  // about three; the newer tokenizer makes 30 % more tokens of the same text.
  private static final double ASCII_CHARS_PER_TOKEN = 3.2;
  private static final double TOKENS_PER_WIDE_CHAR = 1.2;
  private static final double NEWER_TOKENIZER = 1.3;
  private static final long TOKENS_PER_IMAGE = 1_600;
  private static final double DOCUMENT_BYTES_PER_TOKEN = 30;
  private static final long TOOLS_PROMPT = 600;
  private static final long FRAME = 10;
  private static final long OUTPUT_GUESS = 1_024;

  private final ModelCatalogue catalogue;

  public Estimator(ModelCatalogue catalogue) {
    this.catalogue = catalogue;
  }

  public Estimate estimate(RequestShape request) {
    int tokenizer = catalogue.model(request.model()).map(Model::tokenizer).orElse(2);
    double text =
        request.asciiChars() / ASCII_CHARS_PER_TOKEN + request.wideChars() * TOKENS_PER_WIDE_CHAR;
    double input =
        text * (tokenizer == 1 ? 1 : NEWER_TOKENIZER)
            + request.images() * TOKENS_PER_IMAGE
            + request.documentBytes() / DOCUMENT_BYTES_PER_TOKEN
            + (request.tools() ? TOOLS_PROMPT : 0)
            + FRAME;
    return new Estimate(
        (long) Math.ceil(input), outputGuess(request.maxTokens()), request.maxTokens());
  }

  /** Output tokens that so many characters of an answer are, rather too many than too few. */
  public static long output(long characters) {
    return (long) Math.ceil(characters / ASCII_CHARS_PER_TOKEN * NEWER_TOKENIZER);
  }

  /** Output tokens that a call with that bound is expected to produce. */
  public static long outputGuess(long maxTokens) {
    return Math.min(maxTokens, OUTPUT_GUESS);
  }
}
