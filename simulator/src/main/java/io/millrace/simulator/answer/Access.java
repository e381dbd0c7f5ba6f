package io.millrace.simulator.answer;

import io.millrace.simulator.http.HttpRequest;
import io.millrace.simulator.message.Rejected;
import io.millrace.simulator.message.RequestRules;
import java.util.Locale;
import java.util.Set;

/** What the API demands of a request's headers before it reads on. */
public final class Access {
  private static final Set<String> VERSIONS =
      Set.of(RequestRules.OLD_VERSION, RequestRules.NEW_VERSION);

  private Access() {}

  /** Checks key and version and returns the version. */
  public static String check(HttpRequest request, Set<String> keys) {
    key(request, keys);
    String version =
        request
            .header("anthropic-version")
            .orElseThrow(() -> Rejected.invalid("anthropic-version: header is required"));
    if (!VERSIONS.contains(version)) {
      throw Rejected.invalid("anthropic-version: \"" + version + "\" is not a valid version");
    }
    return version;
  }

  private static void key(HttpRequest request, Set<String> keys) {
    String bearer =
        request
            .header("authorization")
            .filter(v -> v.regionMatches(true, 0, "Bearer ", 0, 7))
            .map(v -> v.substring(7).strip())
            .orElse("");
    String key = request.header("x-api-key").orElse(bearer);
    if (key.isEmpty()) {
      throw new Rejected(401, "authentication_error", "x-api-key header is required");
    }
    if (!keys.isEmpty() && !keys.contains(key)) {
      throw new Rejected(401, "authentication_error", "invalid x-api-key");
    }
  }

  /** Checks what is demanded of a request that carries a body. */
  public static void body(HttpRequest request) {
    if (request.tooLarge()) {
      throw new Rejected(413, "request_too_large", "Request exceeds the maximum size");
    }
    String type = request.header("content-type").orElse("").toLowerCase(Locale.ROOT);
    if (!type.startsWith("application/json")) {
      throw Rejected.invalid("content-type: must be application/json");
    }
  }
}
