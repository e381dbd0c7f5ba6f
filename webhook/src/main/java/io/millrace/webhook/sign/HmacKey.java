package io.millrace.webhook.sign;

import com.standardwebhooks.Webhook;
import com.standardwebhooks.exceptions.EmptyWebhookSecretException;
import com.standardwebhooks.exceptions.WebhookSigningException;
import java.security.SecureRandom;
import java.util.Base64;

/** A secret that receivers hold too, {@code v1}. */
final class HmacKey implements SigningKey {

  private static final String PREFIX = "whsec_";
  private static final int LENGTH = 32;

  private final byte[] secret;
  private final Webhook webhook;

  HmacKey(byte[] secret) {
    this.secret = secret;
    try {
      this.webhook = new Webhook(secret);
    } catch (EmptyWebhookSecretException empty) {
      throw new IllegalArgumentException(empty);
    }
  }

  static HmacKey create(SecureRandom random) {
    byte[] secret = new byte[LENGTH];
    random.nextBytes(secret);
    return new HmacKey(secret);
  }

  @Override
  public Signing signing() {
    return Signing.HMAC;
  }

  @Override
  public byte[] bytes() {
    return secret.clone();
  }

  @Override
  public String receivers() {
    return PREFIX + Base64.getEncoder().encodeToString(secret);
  }

  @Override
  public String sign(String id, long timestamp, String body) {
    try {
      return webhook.sign(id, timestamp, body);
    } catch (WebhookSigningException everyJdkHasIt) {
      throw new IllegalStateException(everyJdkHasIt);
    }
  }
}
