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
 */
public record UpstreamSettings(
    URI baseUrl,
    String apiKey,
    boolean correlationHeaders,
    Duration connectTimeout,
    Duration keepAlive,
    int maxAnswerBytes) {

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

  /** Everything else at its default. */
  public static UpstreamSettings of(URI baseUrl, String apiKey) {
    return new UpstreamSettings(
        baseUrl, apiKey, false, CONNECT_TIMEOUT, KEEP_ALIVE, MAX_ANSWER_BYTES);
  }

  public UpstreamSettings withCorrelationHeaders() {
    return new UpstreamSettings(baseUrl, apiKey, true, connectTimeout, keepAlive, maxAnswerBytes);
  }

  @Override
  public String toString() {
    return "UpstreamSettings[" + baseUrl + "]";
  }
}
