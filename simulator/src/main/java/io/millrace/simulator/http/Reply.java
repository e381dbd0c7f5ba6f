package io.millrace.simulator.http;

import java.util.Map;

/** The head of a reply and, unless it is streamed, its body. */
public final class Reply {
  private static final Map<Integer, String> REASONS =
      Map.ofEntries(
          Map.entry(200, "OK"),
          Map.entry(400, "Bad Request"),
          Map.entry(401, "Unauthorized"),
          Map.entry(402, "Payment Required"),
          Map.entry(403, "Forbidden"),
          Map.entry(404, "Not Found"),
          Map.entry(405, "Method Not Allowed"),
          Map.entry(408, "Request Timeout"),
          Map.entry(409, "Conflict"),
          Map.entry(413, "Content Too Large"),
          Map.entry(422, "Unprocessable Content"),
          Map.entry(429, "Too Many Requests"),
          Map.entry(500, "Internal Server Error"),
          Map.entry(503, "Service Unavailable"),
          Map.entry(504, "Gateway Timeout"));

  private final int status;
  private final Bytes head = new Bytes(512);
  private byte[] body = {};

  public Reply(int status) {
    this.status = status;
    head.ascii("HTTP/1.1 ")
        .number(status)
        .ascii(" ")
        .ascii(REASONS.getOrDefault(status, "Status"))
        .ascii("\r\n");
  }

  public int status() {
    return status;
  }

  /** Adds a header; name and value must be ASCII without line breaks. */
  public Reply header(String name, String value) {
    head.ascii(name).ascii(": ").ascii(value).ascii("\r\n");
    return this;
  }

  public Reply header(String name, long value) {
    head.ascii(name).ascii(": ").number(value).ascii("\r\n");
    return this;
  }

  public Reply body(String contentType, byte[] bytes) {
    body = bytes;
    return header("content-type", contentType);
  }

  public byte[] body() {
    return body;
  }

  Bytes head() {
    return head;
  }
}
