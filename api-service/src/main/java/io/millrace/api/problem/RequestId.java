package io.millrace.api.problem;

import jakarta.servlet.http.HttpServletResponse;
import java.util.concurrent.ThreadLocalRandom;

/** The name of one request, the same in header, error envelope and log. */
public final class RequestId {

  private static final String HEADER = "request-id";
  private static final String VERSION_HEADER = "millrace-version";
  private static final char[] DIGITS =
      "0123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz".toCharArray();
  private static final int LENGTH = 22;

  /** The response's request id; gives it one, and the version beside it, where it has none. */
  public static String of(HttpServletResponse response) {
    String given = response.getHeader(HEADER);
    if (given != null) {
      return given;
    }
    String id = create();
    response.setHeader(HEADER, id);
    response.setHeader(VERSION_HEADER, Version.CURRENT);
    return id;
  }

  private static String create() {
    var random = ThreadLocalRandom.current();
    var id = new StringBuilder("req_");
    for (int i = 0; i < LENGTH; i++) {
      id.append(DIGITS[random.nextInt(DIGITS.length)]);
    }
    return id.toString();
  }

  private RequestId() {}
}
