package io.millrace.db.tenant;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;

/**
 * A key as its owner holds it. Those that we make are {@code mr_} and 43 letters and digits, more
 * than 256 random bits: a form that scanners for leaked secrets can be taught.
 */
public record KeySecret(String text) {

  private static final String PREFIX = "mr_";
  private static final String DIGITS =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  private static final int LENGTH = 43;
  private static final Pattern OURS = Pattern.compile(PREFIX + "[0-9A-Za-z]{" + LENGTH + "}");

  private static final int SHOWN = 4;
  private static final String ELLIPSIS = "…";

  /** Of a shorter key, made by hand, the hint would give too much away, and it may be guessed. */
  private static final int LONG = 24;

  /** A new key. */
  public static KeySecret create(RandomGenerator random) {
    var text = new StringBuilder(PREFIX);
    for (int i = 0; i < LENGTH; i++) {
      text.append(DIGITS.charAt(random.nextInt(DIGITS.length())));
    }
    return new KeySecret(text.toString());
  }

  /** Whether it has the form of the keys that we make. */
  public boolean isOurs() {
    return OURS.matcher(text).matches();
  }

  /** Whether it is so short that it may be guessed. */
  public boolean isShort() {
    return text.length() < LONG;
  }

  /**
   * What is stored of it. A slow hash would add nothing: nobody guesses 256 bits.
   *
   * @return its SHA-256
   */
  public byte[] hash() {
    try {
      return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException everyJdkHasIt) {
      throw new IllegalStateException(everyJdkHasIt);
    }
  }

  /** What may be shown of it, for people to tell keys apart. */
  public String hint() {
    if (isShort()) {
      return ELLIPSIS;
    }
    String head = isOurs() ? text.substring(0, PREFIX.length() + SHOWN) : "";
    return head + ELLIPSIS + text.substring(text.length() - SHOWN);
  }

  /** The key itself stays out of whatever prints this. */
  @Override
  public String toString() {
    return hint();
  }
}
