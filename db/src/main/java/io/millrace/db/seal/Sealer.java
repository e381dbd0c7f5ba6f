package io.millrace.db.seal;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.millrace.db.seal.UnreadableValue.Reason;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Function;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.KDF;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.HKDFParameterSpec;
import org.jspecify.annotations.Nullable;

/**
 * Encrypts values on their way into the database and decrypts them on their way out. Without keys
 * it hands everything through as it is. Any number of threads may use it.
 *
 * <p>A sealed value is {@code 00 'm' 'r' 01}, the length of the key's id and the id, 16 bytes of
 * salt, 12 bytes of nonce, and what AES-256-GCM made of the value, its tag at the end. Each value
 * has a key of its own, derived from the configured one and the salt by HKDF-SHA-256: so there is
 * no number of values after which a key has to be retired (ADR 0013). Authenticated with it are
 * everything before the ciphertext and its place: column, row and number within the row, so that
 * what is moved to another row does not open.
 *
 * <p>Nothing that is stored plain begins with {@code 00 'm' 'r'}, no JSON and no text; a secret
 * that did would be marked as plain by {@code 00 'm' 'r' 00}. So plain and sealed rows stand side
 * by side.
 */
public final class Sealer {

  /** Without keys. */
  public static final Sealer NONE = new Sealer(Keys.NONE);

  private static final byte[] SEALED = {0, 'm', 'r', 1};
  private static final byte[] PLAIN = {0, 'm', 'r', 0};
  private static final int SALT_BYTES = 16;
  private static final int NONCE_BYTES = 12;
  private static final int TAG_BITS = 128;
  private static final int PLACE_BYTES = 64;
  private static final byte[] VALUE_KEY = "millrace value key".getBytes(US_ASCII);
  private static final byte[] FINGERPRINT = "millrace fingerprint".getBytes(US_ASCII);
  private static final String TEXT = "sealed:";

  private final Keys keys;
  private final byte @Nullable [] head;
  private final SecureRandom random = new SecureRandom();
  private volatile Consumer<UnreadableValue> onUnreadable = value -> {};

  private Sealer(Keys keys) {
    this.keys = keys;
    this.head = keys.current() == null ? null : head(keys.current());
  }

  /**
   * With the keys of {@code millrace.encryption.*}.
   *
   * @param values the values of a property, none where it is not set
   * @throws UnusableKeys where a setting is malformed; it names the property, and never a key
   */
  public static Sealer configured(Function<String, List<String>> values) {
    return new Sealer(Keys.configured(values));
  }

  /** Whether new values are encrypted. */
  public boolean isOn() {
    return head != null;
  }

  /** The id of the key for new values; null where they stay plain. */
  public @Nullable String current() {
    return keys.current();
  }

  /** Tells of every value that cannot be opened from now on; replaces who was told. */
  public void onUnreadable(Consumer<UnreadableValue> listener) {
    onUnreadable = listener;
  }

  /** What is stored for {@code value}, in that place of that row. */
  public byte[] seal(Place place, UUID row, int no, byte[] value) {
    if (head == null) {
      return isMarked(value) ? concat(PLAIN, value) : value;
    }
    byte[] salted = Arrays.copyOf(head, head.length + SALT_BYTES + NONCE_BYTES);
    byte[] fresh = new byte[SALT_BYTES + NONCE_BYTES];
    random.nextBytes(fresh);
    System.arraycopy(fresh, 0, salted, head.length, fresh.length);
    try {
      Cipher cipher = cipher(Cipher.ENCRYPT_MODE, currentKey(), salted, place, row, no);
      byte[] sealed = Arrays.copyOf(salted, salted.length + cipher.getOutputSize(value.length));
      cipher.doFinal(value, 0, value.length, sealed, salted.length);
      return sealed;
    } catch (GeneralSecurityException impossible) {
      throw new IllegalStateException("this JDK has no AES-256-GCM with HKDF", impossible);
    }
  }

  /**
   * The value behind what is stored.
   *
   * @throws UnreadableValue where it was sealed and cannot be opened
   */
  public byte[] open(Place place, UUID row, int no, byte[] stored) {
    if (!isMarked(stored)) {
      return stored;
    }
    if (startsWith(stored, PLAIN)) {
      return Arrays.copyOfRange(stored, PLAIN.length, stored.length);
    }
    String id = keyId(stored);
    if (id == null) {
      throw unreadable(Reason.DAMAGED, "?", place);
    }
    SecretKey key = keys.byId().get(id);
    if (key == null) {
      throw unreadable(Reason.KEY_MISSING, id, place);
    }
    int body = SEALED.length + 1 + id.length() + SALT_BYTES + NONCE_BYTES;
    try {
      byte[] salted = Arrays.copyOf(stored, body);
      Cipher cipher = cipher(Cipher.DECRYPT_MODE, key, salted, place, row, no);
      return cipher.doFinal(stored, body, stored.length - body);
    } catch (AEADBadTagException changed) {
      throw unreadable(Reason.DAMAGED, id, place);
    } catch (GeneralSecurityException impossible) {
      throw new IllegalStateException("this JDK has no AES-256-GCM with HKDF", impossible);
    }
  }

  /** The same for a column of text. */
  public String sealText(Place place, UUID row, int no, String value) {
    if (head == null && !value.startsWith(TEXT)) {
      return value;
    }
    byte[] bytes = value.getBytes(UTF_8);
    byte[] stored = head == null ? concat(PLAIN, bytes) : seal(place, row, no, bytes);
    return TEXT + Base64.getEncoder().withoutPadding().encodeToString(stored);
  }

  /**
   * The text behind what is stored.
   *
   * @throws UnreadableValue where it was sealed and cannot be opened
   */
  public String openText(Place place, UUID row, int no, String stored) {
    if (!stored.startsWith(TEXT)) {
      return stored;
    }
    byte[] bytes;
    try {
      bytes = Base64.getDecoder().decode(stored.substring(TEXT.length()));
    } catch (IllegalArgumentException changed) {
      throw unreadable(Reason.DAMAGED, "?", place);
    }
    return new String(open(place, row, no, bytes), UTF_8);
  }

  /** Whether this is what {@link #seal} would make of its value now, but for salt and nonce. */
  public boolean isCurrent(byte[] stored) {
    return head == null ? !isMarked(stored) || startsWith(stored, PLAIN) : startsWith(stored, head);
  }

  /** The same for a column of text. */
  public boolean isCurrentText(String stored) {
    if (!stored.startsWith(TEXT)) {
      return head == null;
    }
    try {
      return isCurrent(Base64.getDecoder().decode(stored.substring(TEXT.length())));
    } catch (IllegalArgumentException changed) {
      return false;
    }
  }

  /** As many bytes as {@link #isCurrent} needs to see. */
  public static int headBytes() {
    return SEALED.length + 1 + 32;
  }

  /** What tells each key from all others without telling anything of it, by the keys' ids. */
  public Map<String, byte[]> fingerprints() {
    Map<String, byte[]> fingerprints = new LinkedHashMap<>();
    keys.byId()
        .forEach((id, key) -> {
          try {
            fingerprints.put(
                id,
                KDF.getInstance("HKDF-SHA256")
                    .deriveData(
                        HKDFParameterSpec.ofExtract()
                            .addIKM(key)
                            .thenExpand(FINGERPRINT, SALT_BYTES)));
          } catch (GeneralSecurityException impossible) {
            throw new IllegalStateException("this JDK has no HKDF", impossible);
          }
        });
    return fingerprints;
  }

  private SecretKey currentKey() {
    SecretKey key = keys.byId().get(keys.current());
    if (key == null) {
      throw new IllegalStateException("there is no current key");
    }
    return key;
  }

  private static Cipher cipher(
      int mode, SecretKey key, byte[] salted, Place place, UUID row, int no)
      throws GeneralSecurityException {
    int nonce = salted.length - NONCE_BYTES;
    byte[] salt = Arrays.copyOfRange(salted, nonce - SALT_BYTES, nonce);
    SecretKey valueKey =
        KDF.getInstance("HKDF-SHA256")
            .deriveKey(
                "AES",
                HKDFParameterSpec.ofExtract().addIKM(key).addSalt(salt).thenExpand(VALUE_KEY, 32));
    Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
    cipher.init(mode, valueKey, new GCMParameterSpec(TAG_BITS, salted, nonce, NONCE_BYTES));
    cipher.updateAAD(salted);
    // The row and the number have fixed lengths, so that no two places read alike.
    cipher.updateAAD(
        ByteBuffer.allocate(PLACE_BYTES)
            .putLong(row.getMostSignificantBits())
            .putLong(row.getLeastSignificantBits())
            .putInt(no)
            .put(place.bytes())
            .flip());
    return cipher;
  }

  private UnreadableValue unreadable(Reason reason, String keyId, Place place) {
    var unreadable = new UnreadableValue(reason, keyId, place);
    onUnreadable.accept(unreadable);
    return unreadable;
  }

  private static @Nullable String keyId(byte[] stored) {
    int at = SEALED.length;
    if (!startsWith(stored, SEALED) || stored.length <= at) {
      return null;
    }
    int end = at + 1 + stored[at];
    if (stored[at] <= 0 || stored.length < end + SALT_BYTES + NONCE_BYTES + TAG_BITS / 8) {
      return null;
    }
    String id = new String(stored, at + 1, stored[at], US_ASCII);
    return Keys.isId(id) ? id : null;
  }

  private static byte[] head(String id) {
    byte[] bytes = id.getBytes(US_ASCII);
    return concat(concat(SEALED, new byte[] {(byte) bytes.length}), bytes);
  }

  private static boolean isMarked(byte[] bytes) {
    return bytes.length >= PLAIN.length
        && bytes[0] == SEALED[0]
        && bytes[1] == SEALED[1]
        && bytes[2] == SEALED[2];
  }

  private static boolean startsWith(byte[] bytes, byte[] prefix) {
    return bytes.length >= prefix.length
        && Arrays.mismatch(bytes, 0, prefix.length, prefix, 0, prefix.length) < 0;
  }

  private static byte[] concat(byte[] first, byte[] second) {
    byte[] both = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, both, first.length, second.length);
    return both;
  }
}
