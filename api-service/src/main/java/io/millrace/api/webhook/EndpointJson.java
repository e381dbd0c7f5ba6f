package io.millrace.api.webhook;

import io.millrace.db.webhook.Endpoint;
import io.millrace.db.webhook.Secrets.Secret;
import io.millrace.webhook.sign.Signing;
import io.millrace.webhook.sign.SigningKey;
import io.millrace.wire.JsonWriter;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Writes endpoints and secrets. */
final class EndpointJson {

  private EndpointJson() {}

  /** The endpoint without its secret. */
  static byte[] write(Endpoint endpoint, List<Secret> secrets) {
    return object(endpoint, secrets).finish();
  }

  /** With the secret, which is shown when it is new and never again. */
  static byte[] withSecret(Endpoint endpoint, List<Secret> secrets) {
    return secret(object(endpoint, secrets), secrets).finish();
  }

  /** With how much can be replayed. */
  static byte[] resumed(Endpoint endpoint, List<Secret> secrets, int replayable) {
    return object(endpoint, secrets).number("replayable", replayable).finish();
  }

  /** The tenant's own secret. */
  static byte[] ofTenant(List<Secret> secrets) {
    return secret(new JsonWriter().text("type", "webhook_secret"), secrets)
        .time("created_at", secrets.getFirst().createdAt())
        .finish();
  }

  static SigningKey key(Secret secret) {
    return SigningKey.of(Signing.parse(secret.signing()).orElseThrow(), secret.key());
  }

  private static JsonWriter object(Endpoint endpoint, List<Secret> secrets) {
    var json =
        new JsonWriter()
            .text("id", endpoint.id().toString())
            .text("type", "webhook_endpoint")
            .text("url", endpoint.url())
            .text("description", endpoint.description())
            .texts("event_types", endpoint.eventTypes());
    if (endpoint.features() == null) {
      json.text("features", null);
    } else {
      json.texts("features", endpoint.features());
    }
    return json.bool("include_batch_items", endpoint.includeBatchItems())
        .text("signing", endpoint.signing())
        .text("public_key", publicKey(secrets))
        .text("status", endpoint.state().wireName())
        .text("disabled_reason", endpoint.disabledReason())
        .time("status_since", endpoint.stateSince())
        .time("failing_since", endpoint.failingSince())
        .time("last_success_at", endpoint.lastSuccessAt())
        .time("created_at", endpoint.createdAt());
  }

  private static JsonWriter secret(JsonWriter json, List<Secret> secrets) {
    SigningKey current = key(secrets.getFirst());
    return json.text("secret", current.signing() == Signing.HMAC ? current.receivers() : null)
        .time("previous_signs_until", previous(secrets));
  }

  /** Until when anything but the current secret signs. */
  private static @Nullable Instant previous(List<Secret> secrets) {
    return secrets.size() < 2 ? null : secrets.get(1).endsAt();
  }

  private static @Nullable String publicKey(List<Secret> secrets) {
    if (secrets.isEmpty()) {
      return null;
    }
    SigningKey current = key(secrets.getFirst());
    return current.signing() == Signing.ED25519 ? current.receivers() : null;
  }
}
