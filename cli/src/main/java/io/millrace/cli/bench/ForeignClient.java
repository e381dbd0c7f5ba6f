package io.millrace.cli.bench;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;

/**
 * Another client of the account, which calls at fixed times and cares for nothing: what is refused
 * is gone.
 */
final class ForeignClient implements AutoCloseable {

  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .executor(Executors.newVirtualThreadPerTaskExecutor())
          .build();
  private final HttpRequest request;
  private final double perSecond;
  private final Thread thread;
  private volatile boolean stopping;

  private ForeignClient(URI claude, String params, double perSecond) {
    this.request =
        HttpRequest.newBuilder(claude.resolve("/v1/messages"))
            .timeout(Duration.ofMinutes(1))
            .header("x-api-key", "sk-bench-foreign")
            .header("anthropic-version", "2023-06-01")
            .header("content-type", "application/json")
            .POST(BodyPublishers.ofString(params, StandardCharsets.US_ASCII))
            .build();
    this.perSecond = perSecond;
    this.thread = Thread.ofPlatform().daemon().name("bench-foreign").unstarted(this::run);
  }

  static ForeignClient start(URI claude, String params, double perSecond) {
    var client = new ForeignClient(claude, params, perSecond);
    client.thread.start();
    return client;
  }

  private void run() {
    long start = WallClock.micros();
    try {
      for (long n = 0; !stopping; n++) {
        WallClock.await(start + Math.round(n * 1e6 / perSecond));
        CompletableFuture<?> ignored = http.sendAsync(request, BodyHandlers.discarding());
        if (ignored.isCancelled()) {
          return;
        }
      }
    } catch (InterruptedException closed) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    stopping = true;
    thread.interrupt();
    http.shutdownNow();
  }
}
