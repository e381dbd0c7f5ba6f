package io.millrace.cli.bench;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/**
 * Submits jobs at fixed times, whatever becomes of them, and remembers those that were accepted:
 * under faults some are not, and they are the callers' to submit again.
 */
final class SoakLoad implements AutoCloseable {

  private static final int AT_ONCE = 200;

  private final Submitter submitter;
  private final Supplier<String> bodies;
  private final double perSecond;
  private final Semaphore places = new Semaphore(AT_ONCE);
  private final Queue<String> accepted = new ConcurrentLinkedQueue<>();
  private final AtomicLong refused = new AtomicLong();
  private final Thread thread;
  private volatile boolean stopping;

  private SoakLoad(BenchStack stack, Supplier<String> bodies, double perSecond) {
    this.submitter = new Submitter(stack);
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
    var _ =
        submitter
            .submit(body)
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
    submitter.close();
  }
}
