package io.millrace.cli.access;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.millrace.db.tenant.ApiKey;
import io.millrace.db.tenant.KeySecret;
import io.millrace.wire.JsonWriter;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Writes what is known of keys, for scripts. */
final class KeyJson {

  private KeyJson() {}

  static byte[] write(ApiKey key) {
    return of(key).finish();
  }

  /** A key just made, and the one time that it is told. */
  static byte[] write(ApiKey key, KeySecret secret) {
    return of(key).text("key", secret.text()).finish();
  }

  static byte[] write(List<ApiKey> keys) {
    return list(keys, KeyJson::write);
  }

  static <T> byte[] list(List<T> items, Function<T, byte[]> item) {
    String data =
        items.stream()
            .map(one -> new String(item.apply(one), UTF_8))
            .collect(Collectors.joining(",", "[", "]"));
    return new JsonWriter().raw("data", data.getBytes(UTF_8)).finish();
  }

  private static JsonWriter of(ApiKey key) {
    return new JsonWriter()
        .text("id", key.id())
        .text("type", "api_key")
        .text("tenant", key.tenant())
        .text("role", key.role().wireName())
        .text("name", key.label())
        .text("hint", key.hint())
        .text("source", key.fromEnvironment() ? "environment" : "command")
        .time("created_at", key.createdAt())
        .time("last_used_at", key.lastUsedAt())
        .time("revoked_at", key.revokedAt());
  }
}
