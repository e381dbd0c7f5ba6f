package io.millrace.claude.call;

import java.net.URI;
import java.time.Duration;

/**
 * Where Claude is and how it is spoken to.
 *
 * @param baseUrl scheme, host and port, without {@code /v1}
 * @param apiKey sent as {@code x-api-key}; never shown
 * @param correlationHeaders whether job and attempt ids travel along: for the simulator only
 * @param connectTimeout until a connection is ready and the request begins to leave
 * @param keepAlive how long an idle connection is kept
 * @param maxAnswerBytes larger replies are given up
 * @param streaming which calls are streamed, and when a stream counts as hanging
 */
public record UpstreamSettings(
    URI baseUrl,
    String apiKey,
    boolean correlationHeaders,
    Duration connectTimeout,
    Duration keepAlive,
    int maxAnswerBytes,
    Streaming streaming) {

  public static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);
  public static final Duration KEEP_ALIVE = Duration.ofSeconds(30);
  public static final int MAX_ANSWER_BYTES = 64 * 1024 * 1024;

  public UpstreamSettings {
    if (baseUrl.getHost() == null
        || !("http".equals(baseUrl.getScheme()) || "https".equals(baseUrl.getScheme()))) {
      throw new IllegalArgumentException("Not an http or https address: " + baseUrl);
    }
    if (!CallRequest.isHeaderValue(apiKey)) {
      throw new IllegalArgumentException("The API key is empty or has characters no key has");
    }
    if (connectTimeout.isNegative() || connectTimeout.isZero() || maxAnswerBytes < 1) {
      throw new IllegalArgumentException("Timeouts and sizes must be above zero");
    }
  }

  /**
   * How long answers are streamed.
   *
   * @param above calls with a larger max_tokens are streamed: 0 for all, a huge number for none
   * @param start from sending to the first byte, for which Claude reads the whole prompt
   * @param idle between two bytes; Claude pings while it thinks
   */
  public record Streaming(long above, Duration start, Duration idle) {
    /**
     * At 14 tokens a second, slower than any model in normal service, so many take the ten minutes
     * that a plain call has. Few requests ask for more, and those below get Claude's own bytes.
     */
    public static final long ABOVE = 8192;

    public static final Duration START = Duration.ofMinutes(5);

    /** Pings have been seen 15 to 30 seconds apart: three are missing. */
    public static final Duration IDLE = Duration.ofSeconds(90);

    public static final Streaming DEFAULTS = new Streaming(ABOVE, START, IDLE);

    public Streaming {
      if (above < 0 || !start.isPositive() || !idle.isPositive()) {
        throw new IllegalArgumentException(
            "A stream's start and idle must be above zero, its max_tokens not below");
      }
    }
  }

  /** Everything else at its default. */
  public static UpstreamSettings of(URI baseUrl, String apiKey) {
    return new UpstreamSettings(
        baseUrl, apiKey, false, CONNECT_TIMEOUT, KEEP_ALIVE, MAX_ANSWER_BYTES, Streaming.DEFAULTS);
  }

  public UpstreamSettings withCorrelationHeaders() {
    return new UpstreamSettings(
        baseUrl, apiKey, true, connectTimeout, keepAlive, maxAnswerBytes, streaming);
  }

  public UpstreamSettings withMaxAnswerBytes(int most) {
    return new UpstreamSettings(
        baseUrl, apiKey, correlationHeaders, connectTimeout, keepAlive, most, streaming);
  }

  public UpstreamSettings with(Streaming wished) {
    return new UpstreamSettings(
        baseUrl, apiKey, correlationHeaders, connectTimeout, keepAlive, maxAnswerBytes, wished);
  }

  @Override
  public String toString() {
    return "UpstreamSettings[" + baseUrl + "]";
  }
}
