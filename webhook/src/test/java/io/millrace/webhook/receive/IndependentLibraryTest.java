package io.millrace.webhook.receive;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.svix.Webhook;
import com.svix.exceptions.WebhookVerificationException;
import io.millrace.webhook.sign.SignedMessage;
import io.millrace.webhook.sign.Signing;
import io.millrace.webhook.sign.SigningKey;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What Millrace signs is verified by a library that Millrace does not sign with. */
class IndependentLibraryTest {

  private static final SecureRandom RANDOM = new SecureRandom();
  private static final byte[] BODY = "{\"type\":\"job.succeeded\",\"t\":\"süß\"}\n".getBytes(UTF_8);

  private final SigningKey key = SigningKey.create(Signing.HMAC, RANDOM);
  private final SigningKey other = SigningKey.create(Signing.HMAC, RANDOM);

  @Test
  void itVerifiesWithEachKeyOfARotation() {
    SignedMessage message = signed(Instant.now(), other, key);

    assertThatCode(() -> verify(key, message)).doesNotThrowAnyException();
    assertThatCode(() -> verify(other, message)).doesNotThrowAnyException();
  }

  @Test
  void itSkipsASignatureThatItDoesNotKnow() {
    SigningKey asymmetric = SigningKey.create(Signing.ED25519, RANDOM);

    assertThatCode(() -> verify(key, signed(Instant.now(), asymmetric, key)))
        .doesNotThrowAnyException();
  }

  @Test
  void itRefusesAnotherKeyAndAnOldMessage() {
    assertThatThrownBy(() -> verify(key, signed(Instant.now(), other)))
        .isInstanceOf(WebhookVerificationException.class);
    assertThatThrownBy(() -> verify(key, signed(Instant.now().minusSeconds(400), key)))
        .isInstanceOf(WebhookVerificationException.class);
  }

  private static void verify(SigningKey key, SignedMessage message) throws Exception {
    new Webhook(key.receivers())
        .verify(
            new String(message.body(), UTF_8),
            Map.of(
                SignedMessage.ID, List.of(message.id()),
                SignedMessage.TIMESTAMP, List.of(message.timestamp()),
                SignedMessage.SIGNATURE, List.of(message.signature())));
  }

  private static SignedMessage signed(Instant at, SigningKey... keys) {
    return SignedMessage.of(List.of(keys), "msg_1", at, BODY);
  }
}
