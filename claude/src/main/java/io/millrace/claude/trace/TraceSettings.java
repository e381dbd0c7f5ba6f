package io.millrace.claude.trace;

import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Where traces go.
 *
 * @param endpoint of an OpenTelemetry collector that takes OTLP over HTTP
 * @param headers sent along with every delivery; may be secret
 * @param ratio of the traces that begin here, how many are recorded; a trace that a caller began is
 *     recorded if the caller's flag says so
 */
public record TraceSettings(
    URI endpoint, Map<String, String> headers, double ratio, String serviceName) {

  static final String ENDPOINT = "millrace.tracing.endpoint";
  static final String RATIO = "millrace.tracing.ratio";

  public TraceSettings {
    if (endpoint.getHost() == null || !String.valueOf(endpoint.getScheme()).startsWith("http")) {
      throw new IllegalArgumentException(
          ENDPOINT + ": Input should be an http or https address, as http://127.0.0.1:4318");
    }
    if (!(ratio >= 0 && ratio <= 1)) {
      throw new IllegalArgumentException(RATIO + ": Input should be from 0 to 1");
    }
    headers = Map.copyOf(headers);
  }

  /**
   * Reads the settings of Millrace, and OpenTelemetry's own where Millrace's are not set.
   *
   * @param serviceName unless {@code OTEL_SERVICE_NAME} says otherwise
   * @return null where no endpoint is set: tracing is off
   */
  public static @Nullable TraceSettings read(
      Function<String, @Nullable String> setting, String serviceName) {
    String endpoint = either(setting, ENDPOINT, "OTEL_EXPORTER_OTLP_ENDPOINT");
    if (endpoint == null) {
      return null;
    }
    String ratio = either(setting, RATIO, RATIO);
    String name = either(setting, "OTEL_SERVICE_NAME", "OTEL_SERVICE_NAME");
    return new TraceSettings(
        URI.create(endpoint.strip()),
        headers(either(setting, "OTEL_EXPORTER_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS")),
        ratio == null ? 1 : Double.parseDouble(ratio),
        name == null ? serviceName : name);
  }

  private static @Nullable String either(
      Function<String, @Nullable String> setting, String ours, String theirs) {
    String value = setting.apply(ours);
    if (value == null || value.isBlank()) {
      value = setting.apply(theirs);
    }
    return value == null || value.isBlank() ? null : value;
  }

  private static Map<String, String> headers(@Nullable String pairs) {
    Map<String, String> headers = new LinkedHashMap<>();
    if (pairs != null) {
      for (String pair : pairs.split(",", -1)) {
        int equals = pair.indexOf('=');
        if (equals > 0) {
          headers.put(
              pair.substring(0, equals).strip(),
              URLDecoder.decode(
                  pair.substring(equals + 1).strip().replace("+", "%2B"), StandardCharsets.UTF_8));
        }
      }
    }
    return headers;
  }

  String target() {
    String base = endpoint.toString();
    return (base.endsWith("/") ? base.substring(0, base.length() - 1) : base) + "/v1/traces";
  }

  /** The headers and an address may hold secrets. */
  @Override
  public String toString() {
    return "TraceSettings[" + endpoint.getHost() + ", " + ratio + ", " + serviceName + "]";
  }
}
