package io.millrace.simulator.http;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Puts one request after another together from bytes as they arrive.
 *
 * <p>A body longer than the bound is consumed and dropped rather than refused half-way: a client
 * that is still writing would see a reset instead of the answer.
 */
final class RequestParser {
  private static final int MAX_HEAD = 64 * 1024;
  private static final int MAX_LINE = 8 * 1024;

  private enum State {
    HEAD,
    FIXED_BODY,
    CHUNK_SIZE,
    CHUNK_DATA,
    CHUNK_END,
    TRAILER
  }

  private final ToLongFunction<String> maxBodies;
  private long maxBody;
  private State state = State.HEAD;
  private final Bytes line = new Bytes(0);
  private final Bytes body = new Bytes(0);
  private long remaining;
  private boolean dropping;
  private boolean continueWanted;
  private boolean closing;
  private @Nullable HttpRequest head;
  private @Nullable HttpRequest complete;

  /** {@code maxBodies} says by path how long a body may be. */
  RequestParser(ToLongFunction<String> maxBodies) {
    this.maxBodies = maxBodies;
  }

  /**
   * Consumes bytes up to the end of a request and says how many; {@link #take} then has the
   * request, if it is complete.
   */
  int feed(byte[] bytes, int from, int to) throws MalformedRequest {
    int at = from;
    while (at < to && complete == null) {
      at =
          switch (state) {
            case HEAD -> readHead(bytes, at, to);
            case FIXED_BODY, CHUNK_DATA -> readBody(bytes, at, to);
            case CHUNK_SIZE, CHUNK_END, TRAILER -> readLine(bytes, at, to);
          };
    }
    return at - from;
  }

  @Nullable HttpRequest take() {
    HttpRequest taken = complete;
    complete = null;
    return taken;
  }

  /** The last request asked for the connection to be closed after its reply. */
  boolean closing() {
    return closing;
  }

  /** Whether a body is awaited by a client that waits for our go-ahead; says so once. */
  boolean takeContinue() {
    boolean wanted = continueWanted && complete == null;
    continueWanted = false;
    return wanted;
  }

  private int readHead(byte[] bytes, int from, int to) throws MalformedRequest {
    if (line.length() == 0) {
      int end = endOfHead(bytes, from, to);
      if (end >= 0) {
        parseHead(bytes, from, end);
        return end;
      }
    }
    int before = line.length();
    line.append(bytes, from, to - from);
    int end = endOfHead(line.array(), Math.max(0, before - 3), line.length());
    if (end < 0) {
      if (line.length() > MAX_HEAD) {
        throw new MalformedRequest("the headers are longer than " + MAX_HEAD + " bytes");
      }
      return to;
    }
    parseHead(line.array(), 0, end);
    line.clear();
    return from + end - before;
  }

  /** The index after the empty line, or -1. */
  private static int endOfHead(byte[] bytes, int from, int to) {
    for (int i = from; i + 3 < to; i++) {
      if (bytes[i] == '\r'
          && bytes[i + 1] == '\n'
          && bytes[i + 2] == '\r'
          && bytes[i + 3] == '\n') {
        return i + 4;
      }
    }
    return -1;
  }

  private void parseHead(byte[] bytes, int from, int to) throws MalformedRequest {
    String text = new String(bytes, from, to - from, StandardCharsets.ISO_8859_1);
    int end = text.indexOf("\r\n");
    String start = text.substring(0, end);
    int space = start.indexOf(' ');
    int second = start.indexOf(' ', space + 1);
    if (space <= 0 || second < 0 || !start.startsWith("HTTP/1.", second + 1)) {
      throw new MalformedRequest("not an HTTP/1.1 request line");
    }
    List<String> headers = new ArrayList<>(32);
    int at = end + 2;
    while (true) {
      int next = text.indexOf("\r\n", at);
      if (next <= at) {
        break;
      }
      int colon = text.indexOf(':', at);
      if (colon < 0 || colon > next) {
        throw new MalformedRequest("a header line has no colon");
      }
      headers.add(text.substring(at, colon).toLowerCase(Locale.ROOT));
      headers.add(text.substring(colon + 1, next).strip());
      at = next + 2;
    }
    begin(
        new HttpRequest(start.substring(0, space), start.substring(space + 1, second), headers),
        start.endsWith("1.0"));
  }

  private void begin(HttpRequest request, boolean http10) throws MalformedRequest {
    String connection = request.header("connection").orElse("").toLowerCase(Locale.ROOT);
    closing = connection.contains("close") || (http10 && !connection.contains("keep-alive"));
    continueWanted = request.wantsContinue();
    head = request;
    body.clear();
    dropping = false;
    maxBody = maxBodies.applyAsLong(request.path());
    if (request
        .header("transfer-encoding")
        .map(v -> v.toLowerCase(Locale.ROOT).endsWith("chunked"))
        .orElse(false)) {
      state = State.CHUNK_SIZE;
      return;
    }
    remaining = contentLength(request);
    if (remaining == 0) {
      finish();
      return;
    }
    dropping = remaining > maxBody;
    if (!dropping) {
      body.reserve((int) remaining);
    }
    state = State.FIXED_BODY;
  }

  private static long contentLength(HttpRequest request) throws MalformedRequest {
    String length = request.header("content-length").orElse("0");
    try {
      long parsed = Long.parseLong(length);
      if (parsed >= 0) {
        return parsed;
      }
    } catch (NumberFormatException e) {
      // Refused below, as a negative one is.
    }
    throw new MalformedRequest("content-length is not a number");
  }

  private int readBody(byte[] bytes, int from, int to) {
    int count = (int) Math.min(remaining, to - from);
    if (!dropping) {
      dropping = body.length() + count > maxBody;
    }
    if (dropping) {
      body.clear();
    } else {
      body.append(bytes, from, count);
    }
    remaining -= count;
    if (remaining == 0) {
      if (state == State.FIXED_BODY) {
        finish();
      } else {
        state = State.CHUNK_END;
      }
    }
    return from + count;
  }

  private int readLine(byte[] bytes, int from, int to) throws MalformedRequest {
    for (int i = from; i < to; i++) {
      if (bytes[i] == '\n') {
        line.append(bytes, from, i - from);
        String text =
            new String(line.array(), 0, line.length(), StandardCharsets.ISO_8859_1).strip();
        line.clear();
        afterLine(text);
        return i + 1;
      }
    }
    line.append(bytes, from, to - from);
    if (line.length() > MAX_LINE) {
      throw new MalformedRequest("a chunk's size line is too long");
    }
    return to;
  }

  private void afterLine(String text) throws MalformedRequest {
    if (state == State.CHUNK_END) {
      state = State.CHUNK_SIZE;
    } else if (state == State.TRAILER) {
      if (text.isEmpty()) {
        finish();
      }
    } else {
      int semicolon = text.indexOf(';');
      try {
        remaining =
            Long.parseLong((semicolon < 0 ? text : text.substring(0, semicolon)).strip(), 16);
      } catch (NumberFormatException e) {
        throw new MalformedRequest("a chunk's size is not a number");
      }
      if (remaining < 0) {
        throw new MalformedRequest("a chunk's size is negative");
      }
      state = remaining == 0 ? State.TRAILER : State.CHUNK_DATA;
    }
  }

  private void finish() {
    HttpRequest request = head;
    if (request == null) {
      throw new IllegalStateException("a body without a head");
    }
    complete = dropping ? request.withoutBodyAsTooLarge() : request.withBody(body.take());
    body.release();
    head = null;
    state = State.HEAD;
  }
}
