package io.millrace.simulator.http;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** A growing run of bytes. */
public final class Bytes {
  private static final byte[] NONE = {};
  private static final int KEPT = 16 * 1024;

  private byte[] array;
  private int length;

  public Bytes(int capacity) {
    array = capacity == 0 ? NONE : new byte[capacity];
  }

  public Bytes append(byte[] bytes, int from, int count) {
    room(count);
    System.arraycopy(bytes, from, array, length, count);
    length += count;
    return this;
  }

  public Bytes append(byte[] bytes) {
    return append(bytes, 0, bytes.length);
  }

  /** Appends text that holds ASCII only. */
  @SuppressWarnings(
      "deprecation") // the one JDK method that copies a Latin-1 string without an array between
  public Bytes ascii(String text) {
    int count = text.length();
    room(count);
    text.getBytes(0, count, array, length);
    length += count;
    return this;
  }

  public Bytes text(String text) {
    return append(text.getBytes(StandardCharsets.UTF_8));
  }

  public Bytes number(long number) {
    return ascii(Long.toString(number));
  }

  public int length() {
    return length;
  }

  /** The live array; only its first {@link #length} bytes mean anything. */
  byte[] array() {
    return array;
  }

  public byte[] toArray() {
    return Arrays.copyOf(array, length);
  }

  /** Makes room for this many bytes in all, so that a body of known length is never copied. */
  void reserve(int count) {
    if (array.length < count) {
      array = Arrays.copyOf(array, count);
    }
  }

  /** The content, which this run then no longer holds. */
  byte[] take() {
    byte[] taken = array.length == length ? array : toArray();
    if (taken.length == array.length) {
      array = NONE;
    }
    release();
    return taken;
  }

  void clear() {
    length = 0;
  }

  /**
   * Empties and lets a large array go, so that an idle connection does not hold on to its largest
   * body.
   */
  void release() {
    length = 0;
    if (array.length > KEPT) {
      array = NONE;
    }
  }

  private void room(int count) {
    if (array.length - length < count) {
      array =
          Arrays.copyOf(
              array,
              Math.max(length + count, Math.min(array.length * 2, array.length + (1 << 24))));
    }
  }
}
