package io.millrace.api.submit;

import java.util.Arrays;

/** The bytes that a parser runs over, for what is kept of them as it stands. */
@FunctionalInterface
public interface Slices {

  /** A copy of what lies between these offsets of the parser's. */
  byte[] cut(long start, long end);

  /** Of a body that is in memory as a whole. */
  static Slices of(byte[] body) {
    return (start, end) -> Arrays.copyOfRange(body, (int) start, (int) end);
  }
}
