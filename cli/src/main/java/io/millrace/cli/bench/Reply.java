package io.millrace.cli.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** Reads just enough of an HTTP reply to know its end, its status and the job that it names. */
final class Reply {

  private static final byte[] END_OF_HEAD = ascii("\r\n\r\n");
  private static final byte[] LENGTH = ascii("\r\ncontent-length:");
  private static final byte[] ID = ascii("\"id\":\"job_");
  private static final int ID_LENGTH = 30;

  private Reply() {}

  /**
   * The length of the whole reply, or -1 while that is not known.
   *
   * @throws IOException if the reply is not one whose end its head tells
   */
  static int length(byte[] bytes, int from, int received) throws IOException {
    int head = indexOf(bytes, from, received, END_OF_HEAD);
    if (head < 0) {
      return -1;
    }
    int length = indexOf(bytes, from, head, LENGTH);
    if (length < 0) {
      throw new IOException("a reply without content-length");
    }
    int value = 0;
    for (int i = length + LENGTH.length; i < head && bytes[i] != '\r'; i++) {
      if (bytes[i] != ' ') {
        value = value * 10 + (bytes[i] - '0');
      }
    }
    return head + END_OF_HEAD.length + value - from;
  }

  static int status(byte[] bytes, int from) {
    return (bytes[from + 9] - '0') * 100 + (bytes[from + 10] - '0') * 10 + (bytes[from + 11] - '0');
  }

  /** The id of the job that the reply's body is. */
  static String job(byte[] bytes, int from, int received) throws IOException {
    int at = indexOf(bytes, from, received, ID);
    if (at < 0 || at + 6 + ID_LENGTH > received) {
      throw new IOException("a reply that names no job");
    }
    return new String(bytes, at + 6, ID_LENGTH, StandardCharsets.US_ASCII);
  }

  // Headers are told apart without regard to case: setting the bit does no harm to the rest of
  // what is sought here.
  private static int indexOf(byte[] bytes, int from, int to, byte[] sought) {
    for (int i = from; i <= to - sought.length; i++) {
      int j = 0;
      while (j < sought.length && same(bytes[i + j], sought[j])) {
        j++;
      }
      if (j == sought.length) {
        return i;
      }
    }
    return -1;
  }

  private static boolean same(byte found, byte sought) {
    return found == sought || (sought >= 'a' && sought <= 'z' && (found | 0x20) == sought);
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
