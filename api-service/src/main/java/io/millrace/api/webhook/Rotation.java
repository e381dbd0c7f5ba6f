package io.millrace.api.webhook;

import static io.millrace.api.fields.Values.refused;

import io.millrace.api.fields.SmallBody;
import io.millrace.api.fields.Values;
import io.millrace.webhook.sign.Signing;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.time.Duration;
import java.util.Set;
import tools.jackson.core.JsonParser;

/** How a secret is to be replaced. */
final class Rotation {

  private static final int LONGEST = (int) Duration.ofDays(7).toSeconds();

  private Signing signing;
  private Duration overlap = Duration.ofDays(1);

  private Rotation(Signing signing) {
    this.signing = signing;
  }

  /** Of an endpoint's, which may change how it is signed. */
  static Rotation of(HttpServletRequest request, Signing now) throws IOException {
    return read(request, now, Set.of("overlap_seconds", "signing"));
  }

  /** Of the tenant's, which every receiver can verify. */
  static Rotation of(HttpServletRequest request) throws IOException {
    return read(request, Signing.HMAC, Set.of("overlap_seconds"));
  }

  private static Rotation read(HttpServletRequest request, Signing now, Set<String> names)
      throws IOException {
    var rotation = new Rotation(now);
    SmallBody.read(request, names, rotation::field);
    return rotation;
  }

  Signing signing() {
    return signing;
  }

  /** For how long the secret before signs too. */
  Duration overlap() {
    return overlap;
  }

  private void field(String name, JsonParser json) {
    var values = new Values(json);
    if (values.isNull()) {
      return;
    }
    switch (name) {
      case "overlap_seconds" -> overlap = Duration.ofSeconds(values.integer(name, 0, LONGEST));
      case "signing" -> signing = EndpointBody.signing(values);
      default -> throw refused(name, "Extra inputs are not permitted");
    }
  }
}
