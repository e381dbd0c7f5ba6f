package io.millrace.api.access;

import io.millrace.db.tenant.ApiKeys.Principal;
import io.millrace.db.tenant.KeySecret;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.LongSupplier;

/**
 * Knows keys by their SHA-256 and remembers those that are good for a few seconds, within which a
 * revoked one still works; the store, once it has forgotten, is asked again. Keys that are not good
 * are not remembered: a new one works at once, and a flood of guesses fills nothing. Keys are
 * compared as hashes and in constant time, so that how long an answer takes tells nothing of a key.
 */
final class KeyRing implements AccessFilter.Gate {

  static final Duration MEMORY = Duration.ofSeconds(5);

  private final KeyLookup store;
  private final LongSupplier nanoTime;

  /**
   * By the first bytes of the hash, so that finding one compares nothing more; as many as there are
   * good keys, apart from revoked ones that nobody tried again.
   */
  private final ConcurrentMap<Long, Good> remembered = new ConcurrentHashMap<>();

  private record Good(byte[] hash, Principal principal, long at) {}

  KeyRing(KeyLookup store, LongSupplier nanoTime) {
    this.store = store;
    this.nanoTime = nanoTime;
  }

  /** Whom the key speaks for. */
  Optional<Principal> find(String key) throws InterruptedException {
    byte[] hash = new KeySecret(key).hash();
    Long place = ByteBuffer.wrap(hash).getLong();
    long now = nanoTime.getAsLong();
    Good known = remembered.get(place);
    if (known != null
        && MessageDigest.isEqual(known.hash(), hash)
        && now - known.at() < MEMORY.toNanos()) {
      return Optional.of(known.principal());
    }
    Optional<Principal> found = store.find(hash);
    if (found.isPresent()) {
      remembered.put(place, new Good(hash, found.get(), now));
    } else if (known != null) {
      remembered.remove(place, known);
    }
    return found;
  }
}
