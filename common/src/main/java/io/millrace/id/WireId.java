package io.millrace.id;

import java.util.Arrays;
import java.util.Optional;
import java.util.UUID;

/**
 * A UUID as text: a prefix that says what it is an id of, and 26 characters of Crockford's base 32,
 * so that text and bytes sort alike. The database's function {@code wire_id} writes the same.
 */
public final class WireId {

  private static final int DIGITS = 26;
  private static final char[] ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz".toCharArray();
  private static final byte[] VALUES = values();

  private WireId() {}

  /** The text of {@code uuid}. */
  public static String write(String prefix, UUID uuid) {
    char[] text = new char[prefix.length() + DIGITS];
    prefix.getChars(0, prefix.length(), text, 0);
    long high = uuid.getMostSignificantBits();
    long low = uuid.getLeastSignificantBits();
    for (int i = text.length - 1; i >= prefix.length(); i--) {
      text[i] = ALPHABET[(int) (low & 31)];
      low = (low >>> 5) | (high << 59);
      high >>>= 5;
    }
    return new String(text);
  }

  /** What {@code text} names, or empty where it is not as {@link #write} writes it. */
  public static Optional<UUID> parse(String prefix, String text) {
    if (text.length() != prefix.length() + DIGITS || !text.startsWith(prefix)) {
      return Optional.empty();
    }
    long high = 0;
    long low = 0;
    for (int i = prefix.length(); i < text.length(); i++) {
      char c = text.charAt(i);
      int value = c < VALUES.length ? VALUES[c] : -1;
      if (value < 0 || (i == prefix.length() && value > 7)) {
        return Optional.empty();
      }
      high = (high << 5) | (low >>> 59);
      low = (low << 5) | value;
    }
    return Optional.of(new UUID(high, low));
  }

  /** Orders as PostgreSQL orders uuids, and as their texts sort: unsigned, byte by byte. */
  public static int compare(UUID one, UUID other) {
    int high = Long.compareUnsigned(one.getMostSignificantBits(), other.getMostSignificantBits());
    return high != 0
        ? high
        : Long.compareUnsigned(one.getLeastSignificantBits(), other.getLeastSignificantBits());
  }

  private static byte[] values() {
    byte[] values = new byte[128];
    Arrays.fill(values, (byte) -1);
    for (int i = 0; i < ALPHABET.length; i++) {
      values[ALPHABET[i]] = (byte) i;
    }
    return values;
  }
}
