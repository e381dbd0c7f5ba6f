package io.millrace.api.problem;

import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.OutputStream;
import org.apache.coyote.CloseNowException;

/**
 * Breaks a response off whose head, and perhaps half of whose body, is out already, so that nobody
 * takes it for whole: the last line is the error's envelope, and the connection is closed without
 * the end that a chunked body has.
 */
public final class CutShort {

  private static final Problems PROBLEMS = new Problems();

  /** Never returns; what is thrown must reach the server as it is. */
  public static IOException by(
      Throwable failure, HttpServletResponse response, OutputStream out, boolean lines)
      throws IOException {
    Problem problem = PROBLEMS.of(failure, response);
    if (lines) {
      out.write(problem.envelope(RequestId.of(response)));
      out.write('\n');
    }
    out.flush();
    response.flushBuffer();
    throw new CloseNowException(problem.message(), failure);
  }

  private CutShort() {}
}
