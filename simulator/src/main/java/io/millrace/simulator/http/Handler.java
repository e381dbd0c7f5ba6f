package io.millrace.simulator.http;

/**
 * What answers requests. Called on the loop's thread, so it must not block; it may answer at once
 * or later.
 */
@FunctionalInterface
public interface Handler {
  void handle(HttpRequest request, Exchange exchange);
}
