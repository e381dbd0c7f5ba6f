package io.millrace.cli.bench;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/**
 * Submits jobs at fixed times, whatever becomes of them, and remembers those that were accepted:
 * under faults some are not, and they are the callers' to submit again.
 */
final class SoakLoad implements AutoCloseable {

  private static final int AT_ONCE = 200;
  private static final Duration BOUND = Duration.ofSeconds(30);

  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(5))
          .executor(Executors.newVirtualThreadPerTaskExecutor())
          .build();
  private final URI jobs;
  private final String key;
  private final Supplier<String> bodies;
  private final double perSecond;
  private final Semaphore places = new Semaphore(AT_ONCE);
  private final Queue<String> accepted = new ConcurrentLinkedQueue<>();
  private final AtomicLong refused = new AtomicLong();
  private final Thread thread;
  private volatile boolean stopping;

  private SoakLoad(BenchStack stack, Supplier<String> bodies, double perSecond) {
    this.jobs = URI.create("http://127.0.0.1:" + stack.port() + "/v1/jobs");
    this.key = stack.key();
    this.bodies = bodies;
    this.perSecond = perSecond;
    this.thread = Thread.ofPlatform().daemon().name("bench-soak-load").unstarted(this::run);
  }

  /**
   * Starts at once.
   *
   * @param bodies the next submission; asked by one thread only
   */
  static SoakLoad start(BenchStack stack, Supplier<String> bodies, double perSecond) {
    var load = new SoakLoad(stack, bodies, perSecond);
    load.thread.start();
    return load;
  }

  /** The ids of the jobs that were answered 202. */
  Queue<String> accepted() {
    return accepted;
  }

  /** Submissions that were answered otherwise, not at all, or not sent for want of a place. */
  long refused() {
    return refused.get();
  }

  /** Sends nothing more, and waits for the answers that are due. */
  void stop() throws InterruptedException {
    stopping = true;
    thread.join();
  }

  private void run() {
    long start = WallClock.micros();
    try {
      for (long n = 0; !stopping; n++) {
        WallClock.await(start + Math.round(n * 1e6 / perSecond));
        if (places.tryAcquire()) {
          submit(bodies.get());
        } else {
          refused.incrementAndGet();
        }
      }
      places.acquire(AT_ONCE);
    } catch (InterruptedException closed) {
      Thread.currentThread().interrupt();
    }
  }

  private void submit(String body) {
    var request =
        HttpRequest.newBuilder(jobs)
            .timeout(BOUND)
            .header("authorization", "Bearer " + key)
            .header("content-type", "application/json")
            .POST(BodyPublishers.ofString(body, StandardCharsets.US_ASCII))
            .build();
    var _ =
        http.sendAsync(request, BodyHandlers.ofByteArray())
            .whenComplete((response, broken) -> {
              if (broken == null && response.statusCode() == 202) {
                remember(response);
              } else {
                refused.incrementAndGet();
              }
              places.release();
            });
  }

  private void remember(HttpResponse<byte[]> response) {
    byte[] body = response.body();
    try {
      accepted.add(Reply.job(body, 0, body.length));
    } catch (IOException unnamed) {
      refused.incrementAndGet();
    }
  }

  @Override
  public void close() {
    stopping = true;
    thread.interrupt();
    http.shutdownNow();
  }
}
