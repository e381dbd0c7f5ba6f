package io.millrace.worker.execute;

import io.millrace.claude.call.UpstreamSettings;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Which Claude is called, from {@code ANTHROPIC_BASE_URL} and {@code ANTHROPIC_API_KEY}.
 *
 * @param apiKey never logged
 */
@ConfigurationProperties("anthropic")
public record ClaudeSettings(
    @DefaultValue("https://api.anthropic.com") URI baseUrl, String apiKey) {

  public ClaudeSettings {
    if (apiKey == null || apiKey.isBlank()) {
      throw new IllegalArgumentException(
          "ANTHROPIC_API_KEY is not set: the worker cannot call Claude without it");
    }
    apiKey = apiKey.strip();
    if (!apiKey.chars().allMatch(c -> c > ' ' && c < 127)) {
      // The HTTP layer would refuse it as a header's value, and quote it.
      throw new IllegalArgumentException(
          "ANTHROPIC_API_KEY holds characters that no key has; see how it was pasted");
    }
  }

  /** Correlation headers go to an upstream on this machine only: the simulator. */
  UpstreamSettings upstream() {
    var settings = UpstreamSettings.of(baseUrl, apiKey);
    return isLoopback() ? settings.withCorrelationHeaders() : settings;
  }

  private boolean isLoopback() {
    try {
      return InetAddress.getByName(baseUrl.getHost()).isLoopbackAddress();
    } catch (UnknownHostException unknown) {
      return false;
    }
  }

  @Override
  public String toString() {
    return "ClaudeSettings[" + baseUrl + "]";
  }
}
