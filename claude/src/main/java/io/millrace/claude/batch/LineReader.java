package io.millrace.claude.batch;

import io.millrace.claude.batch.BatchClient.Lines;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;

/** Cuts a stream into lines, of which only the present one is held. */
final class LineReader {

  private static final int PIECE = 64 * 1024;

  private LineReader() {}

  /**
   * Reads to the end of the stream. Blank lines are no lines, ones that are longer than {@code
   * most} are passed over, and the last needs no end: whether it is whole its reader sees.
   */
  static void read(InputStream in, int most, Lines lines) throws IOException {
    byte[] piece = new byte[PIECE];
    var line = new Line(most);
    for (int read = in.read(piece); read >= 0; read = in.read(piece)) {
      int from = 0;
      for (int i = 0; i < read; i++) {
        if (piece[i] == '\n') {
          line.add(piece, from, i);
          line.end(lines);
          from = i + 1;
        }
      }
      line.add(piece, from, read);
    }
    line.end(lines);
  }

  private static final class Line {
    private final int most;
    private ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private boolean tooLong;

    Line(int most) {
      this.most = most;
    }

    void add(byte[] piece, int from, int to) {
      if (bytes.size() + (to - from) > most) {
        tooLong = true;
        bytes = new ByteArrayOutputStream();
      } else if (!tooLong) {
        bytes.write(piece, from, to - from);
      }
    }

    void end(Lines lines) throws IOException {
      if (!tooLong && !isBlank()) {
        lines.line(bytes.toByteArray());
      }
      tooLong = false;
      bytes.reset();
    }

    private boolean isBlank() {
      if (bytes.size() > 1) {
        return false;
      }
      byte[] all = bytes.toByteArray();
      return all.length == 0 || all[0] == '\r';
    }
  }
}
