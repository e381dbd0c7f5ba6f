package io.millrace.cli.bulk;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;

/** Cuts what comes into whole lines. */
final class Lines {

  private static final int BUFFER = 1 << 16;

  private Lines() {}

  /** Takes a line with its break. */
  interface Taker {
    void take(byte[] line) throws IOException;
  }

  /** Gives each whole line to {@code taker}; half a line at the end is left out. */
  static void each(InputStream in, Taker taker) throws IOException {
    var line = new ByteArrayOutputStream(BUFFER);
    byte[] block = new byte[BUFFER];
    for (int n = in.read(block); n >= 0; n = in.read(block)) {
      int from = 0;
      for (int i = 0; i < n; i++) {
        if (block[i] == '\n') {
          line.write(block, from, i + 1 - from);
          taker.take(line.toByteArray());
          line.reset();
          from = i + 1;
        }
      }
      line.write(block, from, n - from);
    }
  }
}
