package io.millrace.claude.call;

import com.anthropic.core.http.HttpRequestBody;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;

/** A body that is written once, piece by piece, and can be stopped before its tail. */
final class ExchangeBody implements HttpRequestBody {
  private static final int TOLD_EVERY = 256 * 1024;

  private final ExchangeRequest.Body body;
  private final OneShotBody.Gate first;
  private final OneShotBody.Gate last;
  private final Runnable onProgress;

  /**
   * @param first passed before the first byte
   * @param last passed before the tail
   * @param onProgress told now and then that pieces left
   */
  ExchangeBody(
      ExchangeRequest.Body body,
      OneShotBody.Gate first,
      OneShotBody.Gate last,
      Runnable onProgress) {
    this.body = body;
    this.first = first;
    this.last = last;
    this.onProgress = onProgress;
  }

  @Override
  public void writeTo(OutputStream out) {
    try {
      first.pass();
      var told = new Told(out);
      body.head().writeTo(told);
      told.flush();
      last.pass();
      out.write(body.tail());
    } catch (IOException e) {
      throw asIs(e);
    }
  }

  // As in OneShotBody: OkHttp closes the connection only when it sees the IOException itself.
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
    return body.length();
  }

  @Override
  public boolean repeatable() {
    return false;
  }

  @Override
  public void close() {}

  private final class Told extends FilterOutputStream {
    private int written;

    Told(OutputStream out) {
      super(out);
    }

    @Override
    public void write(int b) throws IOException {
      out.write(b);
      wrote(1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      out.write(bytes, offset, length);
      wrote(length);
    }

    private void wrote(int bytes) {
      written += bytes;
      if (written >= TOLD_EVERY) {
        written = 0;
        onProgress.run();
      }
    }
  }
}
