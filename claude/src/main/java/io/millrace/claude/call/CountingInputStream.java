package io.millrace.claude.call;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/** Tells how much of a reply came before it broke, and somebody else that something did. */
final class CountingInputStream extends FilterInputStream {
  private final Runnable onBytes;
  private long count;

  CountingInputStream(InputStream in, Runnable onBytes) {
    super(in);
    this.onBytes = onBytes;
  }

  long count() {
    return count;
  }

  @Override
  public int read() throws IOException {
    int read = in.read();
    counted(read < 0 ? 0 : 1);
    return read;
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    int read = in.read(bytes, offset, length);
    counted(Math.max(read, 0));
    return read;
  }

  private void counted(int read) {
    count += read;
    onBytes.run();
  }
}
