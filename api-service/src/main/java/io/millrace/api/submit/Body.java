package io.millrace.api.submit;

import io.millrace.api.problem.Problem;
import io.millrace.api.problem.Refused;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.concurrent.Semaphore;

/**
 * The raw bytes of a request, and the share of the memory for such bytes that they hold until
 * closed. A body that is too large is refused by its length, or as soon as it has grown too large:
 * at no time is more of it in memory than is allowed.
 */
final class Body implements AutoCloseable {

  /** What {@code params} may have, and room for the fields beside it. */
  private static final int MAX_BYTES = ParamsReader.MAX_BYTES + (128 << 10);

  private static final int FIRST_CHUNK = 8 << 10;

  private final MemoryShare memory;
  private byte[] bytes = {};

  private Body(Semaphore memory) {
    this.memory = new MemoryShare(memory);
  }

  /**
   * Reads the body of {@code request}.
   *
   * @param memory permits of one kibibyte each
   */
  static Body read(HttpServletRequest request, Semaphore memory) throws IOException {
    long length = request.getContentLengthLong();
    if (length > MAX_BYTES) {
      throw new Refused(tooLarge());
    }
    var body = new Body(memory);
    try {
      if (length >= 0) {
        body.memory.reserve((int) length);
        body.bytes = request.getInputStream().readNBytes((int) length);
        if (body.bytes.length < length) {
          throw new Refused(Problem.invalidRequest("body: It ended before its content-length"));
        }
      } else {
        body.readUnknownLength(request.getInputStream());
      }
      return body;
    } catch (IOException | RuntimeException failure) {
      body.close();
      throw failure;
    }
  }

  static Problem tooLarge() {
    return Problem.tooLarge("params: Input should have at most 32 MB");
  }

  byte[] bytes() {
    return bytes;
  }

  @Override
  public void close() {
    memory.close();
  }

  private void readUnknownLength(InputStream in) throws IOException {
    byte[] buffer = new byte[FIRST_CHUNK];
    memory.reserve(buffer.length);
    int size = 0;
    for (int read = in.read(buffer);
        read >= 0;
        read = in.read(buffer, size, buffer.length - size)) {
      size += read;
      if (size > MAX_BYTES) {
        throw new Refused(tooLarge());
      }
      if (size == buffer.length) {
        int larger = Math.min(buffer.length * 2, MAX_BYTES + 1);
        memory.reserve(larger - buffer.length);
        buffer = Arrays.copyOf(buffer, larger);
      }
    }
    bytes = Arrays.copyOf(buffer, size);
  }
}
