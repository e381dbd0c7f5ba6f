package io.millrace.webhook.sign;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** How a message is signed. */
public enum Signing {
  /** With a secret that both sides hold; every library for Standard Webhooks verifies it. */
  HMAC,
  /** With a private key, for receivers that want nothing to keep secret. */
  ED25519;

  /** The word for it in the store and in JSON. */
  public String wireName() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The one of that name. */
  public static Optional<Signing> parse(String wireName) {
    return Arrays.stream(values()).filter(way -> way.wireName().equals(wireName)).findFirst();
  }
}
