package io.millrace.api.patience;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import org.apache.coyote.CloseNowException;

/**
 * Gives up a reader that takes too little to be worth the memory that it holds. The server's own
 * bound ends only a connection on which nothing moves at all.
 */
public final class Paced extends FilterOutputStream {

  private static final int SLICE = 64 << 10;
  private static final long GRACE = Duration.ofSeconds(60).toNanos();
  private static final double LEAST_BYTES_PER_NANO = 4096 / 1e9;

  private long bytes;
  private long blocked;

  public Paced(OutputStream out) {
    super(out);
  }

  @Override
  public void write(byte[] content, int offset, int length) throws IOException {
    for (int from = offset; from < offset + length; from += SLICE) {
      int slice = Math.min(SLICE, offset + length - from);
      long start = System.nanoTime();
      out.write(content, from, slice);
      blocked += System.nanoTime() - start;
      bytes += slice;
      if (blocked > GRACE && bytes < blocked * LEAST_BYTES_PER_NANO) {
        throw new CloseNowException("the reader is too slow", null);
      }
    }
  }
}
