package io.millrace.cli.bulk;

import io.millrace.cli.terminal.Misused;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The file of results: whole lines, no custom_id twice. It is locked while it is open, so that two
 * runs do not write into each other; the lock ends with the process.
 */
final class Output implements AutoCloseable {

  private static final int BUFFER = 1 << 16;

  // Not by a channel: an interrupt would close it in the middle of a line.
  private final RandomAccessFile file;
  private IdSet ids = new IdSet();
  private final Map<String, Long> types = new TreeMap<>();
  private final byte[] buffer = new byte[BUFFER];
  private int buffered;
  private long length;
  private @Nullable String lastCursor;

  private Output(RandomAccessFile file) {
    this.file = file;
  }

  /**
   * Opens it, cuts off half a line at its end, and learns what is in it.
   *
   * @throws Misused if it holds something else, or another run writes to it
   */
  static Output open(Path path) throws IOException {
    var file = new RandomAccessFile(path.toFile(), "rw");
    try {
      lock(file, path);
      var output = new Output(file);
      output.learn(path);
      return output;
    } catch (IOException | RuntimeException unusable) {
      file.close();
      throw unusable;
    }
  }

  private static void lock(RandomAccessFile file, Path path) throws IOException {
    FileLock lock;
    try {
      lock = file.getChannel().tryLock();
    } catch (OverlappingFileLockException own) {
      lock = null;
    }
    if (lock == null) {
      throw new Misused("Another ./millrace writes to %s at this moment.".formatted(path));
    }
  }

  private void learn(Path path) throws IOException {
    Lines.each(
        new Reading(file),
        line -> {
          ResultLine result = ResultLine.of(line, line.length);
          if (result == null) {
            throw other(path);
          }
          count(result);
          length += line.length;
        });
    if (length == 0 && file.length() > 0 && !beginsLikeResults()) {
      throw other(path);
    }
    file.setLength(length);
    file.seek(length);
  }

  private static Misused other(Path path) {
    return new Misused("%s holds something else than results; name another file.".formatted(path));
  }

  private boolean beginsLikeResults() throws IOException {
    file.seek(0);
    return file.read() == '{';
  }

  /** Reads without closing: that would end the lock. */
  private static final class Reading extends InputStream {

    private final RandomAccessFile file;

    Reading(RandomAccessFile file) {
      this.file = file;
    }

    @Override
    public int read() throws IOException {
      return file.read();
    }

    @Override
    public int read(byte[] block, int offset, int count) throws IOException {
      return file.read(block, offset, count);
    }
  }

  private boolean count(ResultLine result) {
    if (result.cursor() != null) {
      lastCursor = result.cursor();
    }
    boolean fresh = ids.add(result.customId(), 1) == 0;
    if (fresh) {
      types.merge(result.type(), 1L, Long::sum);
    }
    return fresh;
  }

  /** Appends a line unless its custom_id is there already. */
  void take(byte[] line, ResultLine result) throws IOException {
    if (!count(result)) {
      return;
    }
    if (buffered + line.length > buffer.length) {
      flush();
    }
    if (line.length > buffer.length) {
      file.write(line);
    } else {
      System.arraycopy(line, 0, buffer, buffered, line.length);
      buffered += line.length;
    }
    length += line.length;
  }

  private void flush() throws IOException {
    file.write(buffer, 0, buffered);
    buffered = 0;
  }

  /** What was taken is on the disk when this returns. */
  void sync() throws IOException {
    flush();
    file.getFD().sync();
  }

  /** Leaves nothing of it. */
  void clear() throws IOException {
    file.setLength(0);
    ids = new IdSet();
    types.clear();
    buffered = 0;
    length = 0;
    lastCursor = null;
  }

  /** How many lines it has. */
  int lines() {
    return ids.size();
  }

  long length() {
    return length;
  }

  long of(String type) {
    return types.getOrDefault(type, 0L);
  }

  /** Lines by type of result. */
  Map<String, Long> types() {
    return types;
  }

  /** That of the last line that has one. */
  @Nullable String lastCursor() {
    return lastCursor;
  }

  @Override
  public void close() throws IOException {
    try (file) {
      flush();
    }
  }
}
