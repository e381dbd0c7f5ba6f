package io.millrace.api.access;

import io.millrace.api.patience.Patience;
import io.millrace.db.tenant.ApiKeys;
import io.millrace.db.tenant.ApiKeys.Principal;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.LongSupplier;

/**
 * Knows keys by their SHA-256 and remembers each verdict for a few seconds, within which a revoked
 * key still works. Keys are compared as hashes only: how long that takes tells nothing of a key.
 */
final class KeyRing implements AccessFilter.Gate {

  static final Duration MEMORY = Duration.ofSeconds(5);

  private static final Duration PATIENCE = Duration.ofSeconds(4);

  /** Past it everything is forgotten: a flood of guesses must not fill the heap. */
  private static final int MAX_REMEMBERED = 10_000;

  private final ApiKeys keys;
  private final LongSupplier nanoTime;
  private final ConcurrentMap<ByteBuffer, Verdict> remembered = new ConcurrentHashMap<>();

  private record Verdict(Optional<Principal> principal, long at) {}

  KeyRing(ApiKeys keys, LongSupplier nanoTime) {
    this.keys = keys;
    this.nanoTime = nanoTime;
  }

  /** Whom the key speaks for. */
  Optional<Principal> find(String key) throws InterruptedException {
    byte[] hash = sha256(key);
    long now = nanoTime.getAsLong();
    Verdict known = remembered.get(ByteBuffer.wrap(hash));
    if (known != null && now - known.at() < MEMORY.toNanos()) {
      return known.principal();
    }
    Optional<Principal> principal = Patience.within(PATIENCE, () -> keys.find(hash));
    if (remembered.size() >= MAX_REMEMBERED) {
      remembered.clear();
    }
    remembered.put(ByteBuffer.wrap(hash), new Verdict(principal, now));
    return principal;
  }

  static byte[] sha256(String key) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException everyJdkHasIt) {
      throw new IllegalStateException(everyJdkHasIt);
    }
  }
}
