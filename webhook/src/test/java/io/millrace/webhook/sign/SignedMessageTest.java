package io.millrace.webhook.sign;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.standardwebhooks.Webhook;
import com.standardwebhooks.exceptions.WebhookVerificationException;
import java.math.BigInteger;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.spec.EdECPoint;
import java.security.spec.EdECPublicKeySpec;
import java.security.spec.NamedParameterSpec;
import java.time.Clock;
import java.time.Instant;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;

class SignedMessageTest {

  private static final SecureRandom RANDOM = new SecureRandom();
  private static final String ID = "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W";
  private static final Instant AT = Instant.parse("2026-11-20T12:00:00.9Z");
  private static final byte[] BODY = "{\"type\":\"job.succeeded\",\"ü\":\"✓\"}".getBytes(UTF_8);

  @Test
  void theLibraryVerifiesWhatWasSignedByEitherSecret() throws Exception {
    SigningKey current = SigningKey.create(Signing.HMAC, RANDOM);
    SigningKey old = SigningKey.create(Signing.HMAC, RANDOM);
    SigningKey other = SigningKey.create(Signing.HMAC, RANDOM);
    Instant now = Clock.systemUTC().instant();
    var message = SignedMessage.of(List.of(current, old), ID, now, BODY);
    for (SigningKey key : List.of(current, old)) {
      assertThatCode(() -> verify(key, message)).doesNotThrowAnyException();
    }
    assertThatThrownBy(() -> verify(other, message))
        .isInstanceOf(WebhookVerificationException.class);
  }

  @Test
  void theSpecificationsExampleHasTheSpecifiedSignature() {
    byte[] secret = Base64.getDecoder().decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    var message =
        SignedMessage.of(
            List.of(SigningKey.of(Signing.HMAC, secret)),
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            Instant.ofEpochSecond(1_614_265_330),
            "{\"test\": 2432232314}".getBytes(UTF_8));
    assertThat(message.signature()).isEqualTo("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    assertThat(message.timestamp()).isEqualTo("1614265330");
    assertThat(message.id()).isEqualTo("msg_p5jXN8AQM9LWM0D4loKWxJek");
  }

  @Test
  void anHmacSignatureIsWhatTheSpecificationSays() throws Exception {
    SigningKey key = SigningKey.create(Signing.HMAC, RANDOM);
    var message = SignedMessage.of(List.of(key), ID, AT, BODY);
    assertThat(key.receivers()).matches("whsec_[A-Za-z0-9+/]{43}=");
    byte[] secret = Base64.getDecoder().decode(key.receivers().substring("whsec_".length()));
    var mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(secret, "HmacSHA256"));
    byte[] expected = mac.doFinal(signedContent(message));
    assertThat(message.signature()).isEqualTo("v1," + Base64.getEncoder().encodeToString(expected));
    assertThat(message.timestamp()).isEqualTo(Long.toString(AT.getEpochSecond()));
    assertThat(message.body()).isEqualTo(BODY);
  }

  @Test
  void anEd25519SignatureIsVerifiedByThePublicKeyThatIsShown() throws Exception {
    SigningKey key = SigningKey.create(Signing.ED25519, RANDOM);
    SigningKey again = SigningKey.of(Signing.ED25519, key.bytes());
    assertThat(again.receivers()).isEqualTo(key.receivers()).matches("whpk_[A-Za-z0-9+/]{43}=");
    var message = SignedMessage.of(List.of(again), ID, AT, BODY);
    assertThat(message.signature()).startsWith("v1a,");
    assertThat(verifies(key, message, message.signature())).isTrue();
    var forged = new SignedMessage(ID + "x", message.timestamp(), message.signature(), BODY);
    assertThat(verifies(key, forged, forged.signature())).isFalse();
  }

  /** RFC 8032, 7.1, test 2: the seed, its public key, and the signature of one byte. */
  @Test
  void anEd25519KeyIsItsSeedAndItsPublicKey() throws Exception {
    byte[] bytes =
        HexFormat.of()
            .parseHex(
                "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"
                    + "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
    SigningKey key = SigningKey.of(Signing.ED25519, bytes);
    assertThat(key.bytes()).isEqualTo(bytes);
    var message = SignedMessage.of(List.of(key), ID, AT, BODY);
    assertThat(verifies(key, message, message.signature())).isTrue();
  }

  @Test
  void bothWaysStandInOneHeader() throws Exception {
    SigningKey hmac = SigningKey.create(Signing.HMAC, RANDOM);
    SigningKey ed25519 = SigningKey.create(Signing.ED25519, RANDOM);
    Instant now = Clock.systemUTC().instant();
    var message = SignedMessage.of(List.of(ed25519, hmac), ID, now, BODY);
    String[] signatures = message.signature().split(" ", -1);
    assertThat(signatures).hasSize(2);
    assertThat(verifies(ed25519, message, signatures[0])).isTrue();
    assertThatCode(() -> verify(hmac, message)).doesNotThrowAnyException();
  }

  @Test
  void whatIsSentIsWhatWasSignedEvenWhereItIsNoText() throws Exception {
    SigningKey key = SigningKey.create(Signing.HMAC, RANDOM);
    Instant now = Clock.systemUTC().instant();
    var message = SignedMessage.of(List.of(key), ID, now, new byte[] {'"', (byte) 0xff, '"'});
    assertThatCode(() -> verify(key, message)).doesNotThrowAnyException();
    assertThat(new String(message.body(), UTF_8)).isEqualTo("\"\ufffd\"");
  }

  @Test
  void whatCannotBeSignedIsRefused() {
    SigningKey key = SigningKey.create(Signing.HMAC, RANDOM);
    assertThatThrownBy(() -> SignedMessage.of(List.of(), ID, AT, BODY))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> SignedMessage.of(List.of(key), "msg.1", AT, BODY))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> SigningKey.of(Signing.ED25519, new byte[32]))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> SigningKey.of(Signing.HMAC, new byte[0]))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aKeyDoesNotShowItselfWhereItIsPrinted() {
    for (Signing signing : Signing.values()) {
      SigningKey key = SigningKey.create(signing, RANDOM);
      assertThat(key.toString()).doesNotContain(key.receivers().substring(6));
      assertThat(Signing.parse(signing.wireName())).contains(signing);
    }
  }

  private static void verify(SigningKey key, SignedMessage message) throws Exception {
    new Webhook(key.receivers())
        .verify(
            new String(message.body(), UTF_8),
            Map.of(
                SignedMessage.ID,
                List.of(message.id()),
                SignedMessage.TIMESTAMP,
                List.of(message.timestamp()),
                SignedMessage.SIGNATURE,
                List.of(message.signature())));
  }

  private static boolean verifies(SigningKey key, SignedMessage message, String signature)
      throws Exception {
    var verifier = Signature.getInstance("Ed25519");
    verifier.initVerify(publicKey(key.receivers().substring("whpk_".length())));
    verifier.update(signedContent(message));
    return verifier.verify(Base64.getDecoder().decode(signature.substring("v1a,".length())));
  }

  /** Little-endian with the sign of x in the highest bit, as RFC 8032 writes a point. */
  private static PublicKey publicKey(String base64) throws Exception {
    byte[] bytes = Base64.getDecoder().decode(base64);
    boolean odd = (bytes[31] & 0x80) != 0;
    bytes[31] &= 0x7f;
    byte[] reversed = new byte[32];
    for (int i = 0; i < 32; i++) {
      reversed[i] = bytes[31 - i];
    }
    var point = new EdECPoint(odd, new BigInteger(1, reversed));
    return KeyFactory.getInstance("Ed25519")
        .generatePublic(new EdECPublicKeySpec(NamedParameterSpec.ED25519, point));
  }

  private static byte[] signedContent(SignedMessage message) {
    return (message.id() + "." + message.timestamp() + "." + new String(message.body(), UTF_8))
        .getBytes(UTF_8);
  }
}
