package io.millrace.claude.call;

import com.anthropic.core.http.HttpRequestBody;
import java.io.IOException;
import java.io.OutputStream;

/**
 * A body that can be sent once. Being unrepeatable, it keeps OkHttp from quietly sending the
 * request again (after a 503 with {@code retry-after: 0}, or a 421).
 */
final class OneShotBody implements HttpRequestBody {
  private static final byte[] GONE = {};

  private byte[] bytes;
  private final int length;
  private final Gate gate;

  /** Passed just before the first byte; throws to keep it from leaving. */
  interface Gate {
    void pass() throws IOException;
  }

  OneShotBody(byte[] bytes, Gate gate) {
    this.bytes = bytes;
    this.length = bytes.length;
    this.gate = gate;
  }

  @Override
  public void writeTo(OutputStream out) {
    try {
      gate.pass();
      out.write(bytes);
      // A call may run for an hour; what it sent need not stay.
      bytes = GONE;
    } catch (IOException e) {
      throw asIs(e);
    }
  }

  // The interface is Kotlin and declares nothing, but OkHttp closes the connection only when it
  // sees the IOException itself.
  @SuppressWarnings("unchecked")
  private static <E extends Throwable> RuntimeException asIs(IOException e) throws E {
    throw (E) e;
  }

  @Override
  public String contentType() {
    return "application/json";
  }

  @Override
  public long contentLength() {
    return length;
  }

  @Override
  public boolean repeatable() {
    return false;
  }

  @Override
  public void close() {}
}
