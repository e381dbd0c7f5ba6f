package io.millrace.testkit;

import java.time.Duration;
import java.util.Map;

/** What a {@link Receiver} does with a request. */
public sealed interface Answer {

  /** Answers at once. */
  record Status(int status, Map<String, String> headers, String body) implements Answer {}

  /** Reads the request and then says nothing, until let go or left. */
  record StallBeforeHeaders() implements Answer {}

  /** Sends the head of a 200 that promises a body, and no body, until let go or left. */
  record StallAfterHeaders() implements Answer {}

  /** Sends the head of a 200 and then a byte at a time, for as long as the client listens. */
  record Drip(Duration between) implements Answer {}

  /** Sends an answer of so many bytes, or as many of them as the client takes. */
  record Large(int status, long bytes) implements Answer {}

  /** Ends the connection once the request was read. */
  record Hangup() implements Answer {}

  /** Sends this instead of HTTP, and ends the connection. */
  record Garbage(String bytes) implements Answer {}

  static Answer status(int status) {
    return new Status(status, Map.of(), "");
  }

  static Answer ok() {
    return status(200);
  }

  static Answer retryAfter(int status, String retryAfter) {
    return new Status(status, Map.of("retry-after", retryAfter), "");
  }

  static Answer redirect(int status, String location) {
    return new Status(status, Map.of("location", location), "");
  }

  static Answer stall() {
    return new StallBeforeHeaders();
  }

  static Answer stallAfterHeaders() {
    return new StallAfterHeaders();
  }

  static Answer drip(Duration between) {
    return new Drip(between);
  }

  /** A 200 with ten megabytes that nobody asked for. */
  static Answer tenMegabytes() {
    return new Large(200, 10_000_000);
  }

  static Answer hangup() {
    return new Hangup();
  }
}
