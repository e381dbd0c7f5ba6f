package io.millrace.cli.client;

import io.millrace.cli.terminal.Misused;
import io.millrace.cli.terminal.Terminal;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Whole lines of results into a file or to standard output, and which job came last. */
final class ResultLines implements AutoCloseable {

  private static final Pattern ID = Pattern.compile("\\{\"id\":\"(job_\\w{1,100})\",.*");
  private static final String RESULT = "{\"id\":\"job_";
  private static final int ID_REACH = 128;
  private static final int BUFFER = 1 << 16;
  private static final long SHOWN_EVERY = 500_000_000L;

  private final OutputStream out;
  private final Terminal terminal;
  private final boolean ownsOut;
  private @Nullable String last;
  private long count;
  private long bytes;
  private long shown = System.nanoTime();

  private ResultLines(OutputStream out, boolean ownsOut, @Nullable String last, Terminal terminal) {
    this.out = out;
    this.ownsOut = ownsOut;
    this.last = last;
    this.terminal = terminal;
  }

  /** Appends to {@code file}, behind its last whole line; to standard output where it is null. */
  static ResultLines to(@Nullable Path file, Terminal terminal) throws IOException {
    if (file == null) {
      return new ResultLines(terminal.out(), false, null, terminal);
    }
    if (Files.isDirectory(file)) {
      throw new Misused(file + " is a directory.");
    }
    String last = Files.exists(file) ? lastId(file) : null;
    if (last != null) {
      terminal.err().println("Going on in " + file + " behind " + last + ".");
    }
    OutputStream out =
        new BufferedOutputStream(
            Files.newOutputStream(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND),
            BUFFER);
    return new ResultLines(out, true, last, terminal);
  }

  /** Cuts half a line off the end, and reads which job the last whole one is of. */
  private static @Nullable String lastId(Path file) throws IOException {
    try (var content = new RandomAccessFile(file.toFile(), "rw")) {
      long end = lineBreakBefore(content, content.length());
      if (end < 0) {
        refuseUnless(content.length() == 0 || begins(content), file);
        content.setLength(0);
        return null;
      }
      long start = lineBreakBefore(content, end) + 1;
      content.seek(start);
      byte[] line = new byte[(int) Math.min(ID_REACH, end - start)];
      content.readFully(line);
      Matcher id = ID.matcher(new String(line, StandardCharsets.UTF_8));
      refuseUnless(id.matches(), file);
      content.setLength(end + 1);
      return id.group(1);
    }
  }

  private static boolean begins(RandomAccessFile content) throws IOException {
    byte[] head = new byte[(int) Math.min(RESULT.length(), content.length())];
    content.seek(0);
    content.readFully(head);
    return RESULT.startsWith(new String(head, StandardCharsets.UTF_8));
  }

  private static void refuseUnless(boolean results, Path file) {
    if (!results) {
      throw new Misused(file + " holds something else than results; name another file.");
    }
  }

  private static long lineBreakBefore(RandomAccessFile content, long end) throws IOException {
    byte[] block = new byte[BUFFER];
    for (long to = end; to > 0; to -= BUFFER) {
      int length = (int) Math.min(BUFFER, to);
      content.seek(to - length);
      content.readFully(block, 0, length);
      for (int i = length - 1; i >= 0; i--) {
        if (block[i] == '\n') {
          return to - length + i;
        }
      }
    }
    return -1;
  }

  @Nullable String last() {
    return last;
  }

  long count() {
    return count;
  }

  boolean isUntouched() {
    return count == 0;
  }

  /**
   * Takes whole lines until the end; half a line, which only a broken stream ends with, and the
   * line that says why it broke are left out.
   */
  void copy(InputStream stream) throws IOException {
    var line = new ByteArrayOutputStream(BUFFER);
    byte[] block = new byte[BUFFER];
    try {
      for (int n = stream.read(block); n >= 0; n = stream.read(block)) {
        int from = 0;
        for (int i = 0; i < n; i++) {
          if (block[i] == '\n') {
            line.write(block, from, i + 1 - from);
            take(line);
            from = i + 1;
          }
        }
        line.write(block, from, n - from);
      }
    } finally {
      out.flush();
    }
  }

  private void take(ByteArrayOutputStream line) throws IOException {
    byte[] content = line.toByteArray();
    line.reset();
    String head =
        new String(content, 0, Math.min(ID_REACH, content.length - 1), StandardCharsets.UTF_8);
    Matcher id = ID.matcher(head);
    if (!id.matches()) {
      throw new IOException("it was broken off by the server");
    }
    out.write(content);
    last = id.group(1);
    count++;
    bytes += content.length;
    if (terminal.watched() && System.nanoTime() - shown > SHOWN_EVERY) {
      shown = System.nanoTime();
      terminal.err().print("\r\033[K" + soFar() + "…");
      terminal.err().flush();
    }
  }

  /** Says what came. */
  void done() {
    terminal.err().println((terminal.watched() ? "\r\033[K" : "") + soFar());
  }

  private String soFar() {
    return "%d results, %.1f MB%s"
        .formatted(count, bytes / 1e6, last == null ? "" : ", the last of " + last);
  }

  @Override
  public void close() throws IOException {
    if (ownsOut) {
      out.close();
    } else {
      out.flush();
    }
  }
}
