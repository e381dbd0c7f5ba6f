package io.millrace.api.bulk;

import io.millrace.api.problem.Problem;
import io.millrace.api.problem.Refused;
import io.millrace.api.submit.MemoryShare;
import io.millrace.api.submit.ParamsReader;
import io.millrace.api.submit.Slices;
import io.millrace.api.submit.StrictUtf8;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A stream that remembers what was read of it since it was last told to forget, so that items can
 * be cut out as they stand. It never remembers more than an item may have.
 */
final class Window extends FilterInputStream implements Slices {

  /** What {@code params} may have, and room for what is beside it and read ahead. */
  private static final int MOST = ParamsReader.MAX_BYTES + (192 << 10);

  private static final int FIRST = 64 << 10;

  private final MemoryShare memory;
  private byte[] bytes = new byte[FIRST];

  /** The offset in the stream of the first byte that is remembered. */
  private long start;

  private int length;
  private long forgotten;

  Window(InputStream in, MemoryShare memory) {
    super(in);
    this.memory = memory;
    memory.reserve(FIRST);
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
  }

  @Override
  public int read(byte[] buffer, int offset, int most) throws IOException {
    int read = in.read(buffer, offset, most);
    if (read > 0) {
      makeRoom(read);
      System.arraycopy(buffer, offset, bytes, length, read);
      length += read;
    }
    return read;
  }

  /** Nothing before that offset is asked for any more. */
  void forget(long before) {
    forgotten = before;
  }

  @Override
  public byte[] cut(long from, long to) {
    return Arrays.copyOfRange(bytes, (int) (from - start), (int) (to - start));
  }

  /** The offset of the first byte between these that is not UTF-8; null where all are. */
  @Nullable Long fault(long from, long to) {
    int at = StrictUtf8.firstFault(bytes, (int) (from - start), (int) (to - start));
    return at < 0 ? null : at + start;
  }

  private void makeRoom(int more) {
    if (length + more <= bytes.length) {
      return;
    }
    int gone = (int) Math.max(0, forgotten - start);
    if (gone > 0) {
      System.arraycopy(bytes, gone, bytes, 0, length - gone);
      start += gone;
      length -= gone;
    }
    if (length + more > bytes.length) {
      if (length + more > MOST) {
        throw new Refused(Problem.tooLarge("params: Input should have at most 32 MB"));
      }
      int larger = Math.min(MOST, Math.max(bytes.length * 2, length + more));
      memory.reserve(larger - bytes.length);
      bytes = Arrays.copyOf(bytes, larger);
    }
  }
}
