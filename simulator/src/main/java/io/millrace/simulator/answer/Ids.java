package io.millrace.simulator.answer;

import java.nio.charset.StandardCharsets;
import java.util.random.RandomGenerator;

/** Makes ids of the API's look. */
public final class Ids {
  private static final byte[] DIGITS =
      "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
          .getBytes(StandardCharsets.US_ASCII);

  private final RandomGenerator random;

  public Ids(RandomGenerator random) {
    this.random = random;
  }

  public String next(String prefix) {
    char[] id = new char[prefix.length() + 22];
    prefix.getChars(0, prefix.length(), id, 0);
    long bits = 0;
    for (int i = prefix.length(), left = 0; i < id.length; i++, left--) {
      if (left == 0) {
        bits = random.nextLong() >>> 1;
        left = 10;
      }
      id[i] = (char) DIGITS[(int) (bits % DIGITS.length)];
      bits /= DIGITS.length;
    }
    return new String(id);
  }
}
