package io.millrace.cli.bench;

import io.millrace.simulator.http.Exchange;
import io.millrace.simulator.http.Handler;
import io.millrace.simulator.http.HttpLoop;
import io.millrace.simulator.http.HttpRequest;
import io.millrace.simulator.http.Reply;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.Map;

/**
 * Whom webhooks are sent to, in this process: one that answers at once, one that takes everything
 * and never answers, and a port at which nobody listens.
 */
final class Endpoints implements AutoCloseable {

  private static final int MOST_BYTES = 1_000_000;

  private final HttpLoop good;
  private final HttpLoop stalling;
  private final int nobody;
  // Of the good one's thread.
  private final Map<String, Long> arrivals = new HashMap<>();
  private long requests;

  Endpoints() throws IOException {
    good = start(this::accept);
    stalling = start((request, exchange) -> {});
    nobody = Child.freePort();
  }

  private static HttpLoop start(Handler handler) {
    return HttpLoop.start(
        new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), path -> MOST_BYTES, handler);
  }

  String good() {
    return "http://127.0.0.1:" + good.port() + "/good";
  }

  String stalling() {
    return "http://127.0.0.1:" + stalling.port() + "/stalling";
  }

  String dead() {
    return "http://127.0.0.1:" + nobody + "/dead";
  }

  /** When each message first reached the good one, by {@link WallClock}. */
  Map<String, Long> arrivals() {
    return good.call(() -> Map.copyOf(arrivals));
  }

  /** Requests to the good one that it had got before. */
  long repeated() {
    return good.call(() -> requests - arrivals.size());
  }

  /** Connections to the stalling one that are open now. */
  int held() {
    return stalling.connections();
  }

  private void accept(HttpRequest request, Exchange exchange) {
    requests++;
    request.header("webhook-id").ifPresent(id -> arrivals.putIfAbsent(id, WallClock.micros()));
    exchange.reply(new Reply(200));
  }

  @Override
  public void close() {
    good.close();
    stalling.close();
  }
}
