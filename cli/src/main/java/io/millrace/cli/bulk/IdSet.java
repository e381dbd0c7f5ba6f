package io.millrace.cli.bulk;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;

/**
 * Millions of names in few bytes each, with a number for each. Names are told apart by 128 bits of
 * their SHA-256.
 */
final class IdSet {

  private static final int FIRST = 1 << 12;

  private final MessageDigest digest = Sha256.begin();
  private long[] keys = new long[2 * FIRST];
  private int[] numbers = new int[FIRST];
  private int size;

  /**
   * Adds one that is not there yet.
   *
   * @param number above zero
   * @return zero if it is new, else the number that it was added with
   */
  int add(String name, int number) {
    if (size >= numbers.length / 3 * 2) {
      grow();
    }
    var hash = ByteBuffer.wrap(digest.digest(name.getBytes(StandardCharsets.UTF_8)));
    return add(hash.getLong(), hash.getLong(), number);
  }

  private int add(long high, long low, int number) {
    int at = (int) low & (numbers.length - 1);
    while (numbers[at] != 0) {
      if (keys[2 * at] == high && keys[2 * at + 1] == low) {
        return numbers[at];
      }
      at = (at + 1) & (numbers.length - 1);
    }
    keys[2 * at] = high;
    keys[2 * at + 1] = low;
    numbers[at] = number;
    size++;
    return 0;
  }

  private void grow() {
    long[] formerKeys = keys;
    int[] former = numbers;
    keys = new long[2 * formerKeys.length];
    numbers = new int[2 * former.length];
    size = 0;
    for (int i = 0; i < former.length; i++) {
      if (former[i] != 0) {
        add(formerKeys[2 * i], formerKeys[2 * i + 1], former[i]);
      }
    }
  }

  int size() {
    return size;
  }
}
