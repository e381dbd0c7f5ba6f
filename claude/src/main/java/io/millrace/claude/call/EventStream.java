package io.millrace.claude.call;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Server-sent events, of which only the data matters: each names its type inside. What the end of
 * the stream leaves unfinished is no event.
 */
final class EventStream {
  private static final byte[] DATA = "data".getBytes(StandardCharsets.US_ASCII);

  private final InputStream in;
  private final int most;
  private final byte[] buffer = new byte[8192];
  private final ByteArrayOutputStream line = new ByteArrayOutputStream();
  private final ByteArrayOutputStream data = new ByteArrayOutputStream();
  private int at;
  private int end;
  private boolean afterReturn;
  private boolean overflown;

  /**
   * Reads from a stream.
   *
   * @param most bytes of one event
   */
  EventStream(InputStream in, int most) {
    this.in = in;
    this.most = most;
  }

  /** The data of the next event that has any; null if none comes any more. */
  byte @Nullable [] next() throws IOException {
    data.reset();
    boolean any = false;
    while (readLine()) {
      if (line.size() == 0) {
        if (any) {
          return data.toByteArray();
        }
      } else {
        any |= collect(line.toByteArray(), any);
      }
    }
    return null;
  }

  /** Whether the stream was given up because of an event larger than allowed. */
  boolean hasOverflown() {
    return overflown;
  }

  private boolean collect(byte[] field, boolean further) {
    for (int i = 0; i < DATA.length; i++) {
      if (i >= field.length || field[i] != DATA[i]) {
        return false;
      }
    }
    int from = DATA.length;
    if (from < field.length && field[from] != ':') {
      return false;
    }
    from = Math.min(field.length, from + 1);
    if (from < field.length && field[from] == ' ') {
      from++;
    }
    if (further) {
      data.write('\n');
    }
    data.write(field, from, field.length - from);
    return true;
  }

  /** Lines end with a line feed, a carriage return, or both. */
  private boolean readLine() throws IOException {
    line.reset();
    while (true) {
      if (at == end) {
        end = Math.max(0, in.read(buffer));
        at = 0;
        if (end == 0) {
          return false;
        }
      }
      if (afterReturn && buffer[at] == '\n') {
        at++;
        afterReturn = false;
        continue;
      }
      afterReturn = false;
      int from = at;
      while (at < end && buffer[at] != '\n' && buffer[at] != '\r') {
        at++;
      }
      line.write(buffer, from, at - from);
      if ((long) line.size() + data.size() > most) {
        overflown = true;
        return false;
      }
      if (at < end) {
        afterReturn = buffer[at] == '\r';
        at++;
        return true;
      }
    }
  }
}
