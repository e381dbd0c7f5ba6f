package io.millrace.webhook.sign;

import java.security.SecureRandom;

/** What messages to a receiver are signed with. Its text never shows what is secret of it. */
public sealed interface SigningKey permits HmacKey, Ed25519Key {

  /** A new key. */
  static SigningKey create(Signing signing, SecureRandom random) {
    return switch (signing) {
      case HMAC -> HmacKey.create(random);
      case ED25519 -> Ed25519Key.create(random);
    };
  }

  /** The key whose {@link #bytes} these are. */
  static SigningKey of(Signing signing, byte[] bytes) {
    return switch (signing) {
      case HMAC -> new HmacKey(bytes.clone());
      case ED25519 -> Ed25519Key.of(bytes);
    };
  }

  /** How it signs. */
  Signing signing();

  /** The key itself, as it is stored. */
  byte[] bytes();

  /** What a receiver verifies with: {@code whsec_…}, which is a secret, or {@code whpk_…}. */
  String receivers();

  /** The signature of one attempt as it stands in the header. */
  String sign(String id, long timestamp, String body);
}
