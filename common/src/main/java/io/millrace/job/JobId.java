package io.millrace.job;

import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;
import java.util.UUID;
import java.util.random.RandomGenerator;

/**
 * The identity of a job: a time-ordered UUID (version 7), written {@code job_} and 26 characters of
 * Crockford's base 32, so that text, bytes and creation time sort alike.
 *
 * <p>The twelve bits after the version hold the fraction of the millisecond, which orders ids of
 * one process finer than a millisecond; the remaining 62 bits are random.
 */
public record JobId(UUID uuid) implements Comparable<JobId> {

  private static final String PREFIX = "job_";
  private static final int DIGITS = 26;
  private static final char[] ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz".toCharArray();
  private static final byte[] VALUES = values();

  /** A new id whose place in time is {@code at}; {@code random} must be unpredictable enough. */
  @SuppressWarnings("JavaInstantGetSecondsGetNano") // the fraction within its millisecond is meant
  public static JobId create(Instant at, RandomGenerator random) {
    long millis = at.toEpochMilli();
    long fraction = (at.getNano() % 1_000_000L) * 4096 / 1_000_000L;
    long high = (millis << 16) | 0x7000L | fraction;
    long low = (random.nextLong() >>> 2) | 0x8000_0000_0000_0000L;
    return new JobId(new UUID(high, low));
  }

  /** The id that {@code text} names, or empty where it is not a job id as this class writes one. */
  public static Optional<JobId> parse(String text) {
    if (text.length() != PREFIX.length() + DIGITS || !text.startsWith(PREFIX)) {
      return Optional.empty();
    }
    long high = 0;
    long low = 0;
    for (int i = PREFIX.length(); i < text.length(); i++) {
      char c = text.charAt(i);
      int value = c < VALUES.length ? VALUES[c] : -1;
      if (value < 0 || (i == PREFIX.length() && value > 7)) {
        return Optional.empty();
      }
      high = (high << 5) | (low >>> 59);
      low = (low << 5) | value;
    }
    return Optional.of(new JobId(new UUID(high, low)));
  }

  @Override
  public String toString() {
    char[] text = new char[PREFIX.length() + DIGITS];
    PREFIX.getChars(0, PREFIX.length(), text, 0);
    long high = uuid.getMostSignificantBits();
    long low = uuid.getLeastSignificantBits();
    for (int i = text.length - 1; i >= PREFIX.length(); i--) {
      text[i] = ALPHABET[(int) (low & 31)];
      low = (low >>> 5) | (high << 59);
      high >>>= 5;
    }
    return new String(text);
  }

  /** Orders as PostgreSQL orders uuids: unsigned, byte by byte. */
  @Override
  public int compareTo(JobId other) {
    int high =
        Long.compareUnsigned(uuid.getMostSignificantBits(), other.uuid.getMostSignificantBits());
    return high != 0
        ? high
        : Long.compareUnsigned(
            uuid.getLeastSignificantBits(), other.uuid.getLeastSignificantBits());
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
