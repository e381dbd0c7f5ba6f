package io.millrace.api.submit;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Finds what is not UTF-8 as Unicode defines it: overlong forms, surrogates, code points beyond
 * U+10FFFF, stray or missing continuation bytes. The JSON parser lets some of these pass.
 */
public final class StrictUtf8 {

  private static final VarHandle EIGHT =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.nativeOrder());
  private static final long HIGH_BITS = 0x8080808080808080L;

  /** The offset of the first byte that does not belong, or -1. */
  public static int firstFault(byte[] bytes) {
    return firstFault(bytes, 0, bytes.length);
  }

  /** The same between two offsets. */
  public static int firstFault(byte[] bytes, int start, int end) {
    int i = start;
    while (i < end) {
      if (i + 8 <= end && ((long) EIGHT.get(bytes, i) & HIGH_BITS) == 0) {
        i += 8;
        continue;
      }
      int length = bytes[i] >= 0 ? 1 : sequenceAt(bytes, i, end);
      if (length == 0) {
        return i;
      }
      i += length;
    }
    return -1;
  }

  /** The length of the well-formed sequence of several bytes that starts at {@code i}, or 0. */
  private static int sequenceAt(byte[] bytes, int i, int end) {
    int lead = bytes[i] & 0xFF;
    int length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || i + length > end) {
      return 0;
    }
    for (int k = 1; k < length; k++) {
      if ((bytes[i + k] & 0xC0) != 0x80) {
        return 0;
      }
    }
    int second = bytes[i + 1] & 0xFF;
    boolean shortest =
        switch (lead) {
          case 0xE0 -> second >= 0xA0;
          case 0xED -> second < 0xA0;
          case 0xF0 -> second >= 0x90;
          case 0xF4 -> second < 0x90;
          default -> true;
        };
    return shortest ? length : 0;
  }

  private StrictUtf8() {}
}
