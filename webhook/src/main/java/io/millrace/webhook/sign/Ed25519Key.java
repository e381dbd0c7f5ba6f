package io.millrace.webhook.sign;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.interfaces.EdECPrivateKey;
import java.security.spec.EdECPrivateKeySpec;
import java.security.spec.NamedParameterSpec;
import java.util.Arrays;
import java.util.Base64;

/**
 * A private key of ours, {@code v1a}. Its bytes are the seed and the public key, 64 together, as
 * libsodium and Svix write a {@code whsk_}.
 */
final class Ed25519Key implements SigningKey {

  private static final String ALGORITHM = "Ed25519";
  private static final String PREFIX = "whpk_";
  private static final int LENGTH = 32;

  private final byte[] seed;
  private final byte[] publicKey;
  private final PrivateKey privateKey;

  private Ed25519Key(byte[] seed, byte[] publicKey) {
    this.seed = seed;
    this.publicKey = publicKey;
    try {
      this.privateKey =
          KeyFactory.getInstance(ALGORITHM)
              .generatePrivate(new EdECPrivateKeySpec(NamedParameterSpec.ED25519, seed));
    } catch (GeneralSecurityException everyJdkHasIt) {
      throw new IllegalStateException(everyJdkHasIt);
    }
  }

  static Ed25519Key create(SecureRandom random) {
    try {
      var generator = KeyPairGenerator.getInstance(ALGORITHM);
      generator.initialize(NamedParameterSpec.ED25519, random);
      var pair = generator.generateKeyPair();
      byte[] seed = ((EdECPrivateKey) pair.getPrivate()).getBytes().orElseThrow();
      // In X.509 the key itself comes last.
      byte[] encoded = pair.getPublic().getEncoded();
      return new Ed25519Key(
          seed, Arrays.copyOfRange(encoded, encoded.length - LENGTH, encoded.length));
    } catch (GeneralSecurityException everyJdkHasIt) {
      throw new IllegalStateException(everyJdkHasIt);
    }
  }

  static Ed25519Key of(byte[] bytes) {
    if (bytes.length != 2 * LENGTH) {
      throw new IllegalArgumentException("an ed25519 key of " + bytes.length + " bytes");
    }
    return new Ed25519Key(
        Arrays.copyOf(bytes, LENGTH), Arrays.copyOfRange(bytes, LENGTH, 2 * LENGTH));
  }

  @Override
  public Signing signing() {
    return Signing.ED25519;
  }

  @Override
  public byte[] bytes() {
    byte[] bytes = Arrays.copyOf(seed, 2 * LENGTH);
    System.arraycopy(publicKey, 0, bytes, LENGTH, LENGTH);
    return bytes;
  }

  @Override
  public String receivers() {
    return PREFIX + Base64.getEncoder().encodeToString(publicKey);
  }

  @Override
  public String sign(String id, long timestamp, String body) {
    try {
      var signature = Signature.getInstance(ALGORITHM);
      signature.initSign(privateKey);
      signature.update((id + "." + timestamp + "." + body).getBytes(UTF_8));
      return "v1a," + Base64.getEncoder().encodeToString(signature.sign());
    } catch (GeneralSecurityException everyJdkHasIt) {
      throw new IllegalStateException(everyJdkHasIt);
    }
  }
}
