package io.millrace.api.inspect;

import io.millrace.api.patience.Paced;
import io.millrace.api.problem.CutShort;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.BufferedOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Collections;
import java.util.Locale;
import java.util.zip.GZIPOutputStream;

/** A body of lines without a known length, compressed where the caller can read that. */
public final class ResultStream extends FilterOutputStream {

  public static final String TYPE = "application/x-jsonl";
  private static final int BUFFER = 64 << 10;

  private final HttpServletResponse response;

  /** Begins the body of {@code response}. */
  public ResultStream(HttpServletRequest request, HttpServletResponse response) throws IOException {
    super(body(request, response));
    this.response = response;
  }

  private static OutputStream body(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    response.setContentType(TYPE);
    response.setHeader("vary", "accept-encoding");
    OutputStream paced = new Paced(response.getOutputStream());
    if (!acceptsGzip(request)) {
      return new BufferedOutputStream(paced, BUFFER);
    }
    response.setHeader("content-encoding", "gzip");
    return new BufferedOutputStream(new GZIPOutputStream(paced, BUFFER, true), BUFFER);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    out.write(bytes, offset, length);
  }

  /** Ends the body where it is, for everybody to see. */
  public IOException cutShort(RuntimeException failure) throws IOException {
    return CutShort.by(failure, response, out, true);
  }

  private static boolean acceptsGzip(HttpServletRequest request) {
    return Collections.list(request.getHeaders("accept-encoding")).stream()
        .flatMap(value -> java.util.Arrays.stream(value.toLowerCase(Locale.ROOT).split(",")))
        .map(coding -> coding.replace(" ", ""))
        .anyMatch(coding -> coding.equals("gzip") || coding.matches("gzip;q=(1|0?\\.0*[1-9]).*"));
  }
}
