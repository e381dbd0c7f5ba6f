package io.millrace.simulator.http;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/** A request that has been read to its last byte. */
public final class HttpRequest {
  private final String method;
  private final String target;
  private final List<String> headers;
  private byte[] body = {};
  private boolean tooLarge;

  /** {@code headers} alternates lower-case names and values. */
  HttpRequest(String method, String target, List<String> headers) {
    this.method = method;
    this.target = target;
    this.headers = headers;
  }

  HttpRequest withBody(byte[] read) {
    body = read;
    return this;
  }

  HttpRequest withoutBodyAsTooLarge() {
    tooLarge = true;
    return this;
  }

  public String method() {
    return method;
  }

  public String path() {
    int query = target.indexOf('?');
    return query < 0 ? target : target.substring(0, query);
  }

  public byte[] body() {
    return body;
  }

  /** The body was longer than the loop keeps; it was read and thrown away. */
  public boolean tooLarge() {
    return tooLarge;
  }

  /** The first header of this lower-case name. */
  public Optional<String> header(String name) {
    for (int i = 0; i < headers.size(); i += 2) {
      if (headers.get(i).equals(name)) {
        return Optional.of(headers.get(i + 1));
      }
    }
    return Optional.empty();
  }

  public Optional<String> query(String name) {
    int query = target.indexOf('?');
    if (query < 0) {
      return Optional.empty();
    }
    for (String pair : target.substring(query + 1).split("&", -1)) {
      int equals = pair.indexOf('=');
      String key = equals < 0 ? pair : pair.substring(0, equals);
      if (key.equals(name)) {
        return Optional.of(
            equals < 0
                ? ""
                : URLDecoder.decode(pair.substring(equals + 1), StandardCharsets.UTF_8));
      }
    }
    return Optional.empty();
  }

  boolean wantsContinue() {
    return header("expect").map("100-continue"::equalsIgnoreCase).orElse(false);
  }
}
