package io.millrace.testkit;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** A request that reached a {@link Receiver}, byte for byte, and what became of its answer. */
public final class Received {

  private final Instant at;
  private final String method;
  private final String target;
  private final Map<String, List<String>> headers;
  private final byte[] body;
  private final AtomicLong sent = new AtomicLong();
  private final CountDownLatch ended = new CountDownLatch(1);

  Received(
      Instant at, String method, String target, Map<String, List<String>> headers, byte[] body) {
    this.at = at;
    this.method = method;
    this.target = target;
    this.headers = Collections.unmodifiableMap(headers);
    this.body = body;
  }

  /** When it had arrived whole. */
  public Instant at() {
    return at;
  }

  public String method() {
    return method;
  }

  /** The path and, if there was one, the query. */
  public String target() {
    return target;
  }

  public String path() {
    int query = target.indexOf('?');
    return query < 0 ? target : target.substring(0, query);
  }

  /** By name in any case. */
  public Map<String, List<String>> headers() {
    return headers;
  }

  /** The first value of a header, empty where it was not sent. */
  public String header(String name) {
    return headers.getOrDefault(name, List.of("")).getFirst();
  }

  /** The webhook's id, which stays the same over its attempts. */
  public String id() {
    return header("webhook-id");
  }

  /** The body as it came. */
  public byte[] body() {
    return body.clone();
  }

  public String text() {
    return new String(body, StandardCharsets.UTF_8);
  }

  /** Bytes of the answer that the client's side of the line took so far. */
  public long sent() {
    return sent.get();
  }

  /** Waits until the answer is out or the client has left; says whether that came in time. */
  public boolean awaitEnd(long seconds) throws InterruptedException {
    return ended.await(seconds, TimeUnit.SECONDS);
  }

  void add(long bytes) {
    sent.addAndGet(bytes);
  }

  void end() {
    ended.countDown();
  }

  @Override
  public String toString() {
    return "%s %s %s at %s".formatted(method, target, id(), at);
  }
}
