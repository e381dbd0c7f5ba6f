package io.millrace.cli.bench;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Submits jobs, one per request, as many as it takes to keep so many waiting. */
final class Feeder implements AutoCloseable {

  private static final int AT_ONCE = 128;
  private static final Duration LOOK_EVERY = Duration.ofMillis(50);

  private final Submitter submitter;
  private final Supplier<String> bodies;
  private final LongSupplier begun;
  private final long waiting;
  private final Semaphore places = new Semaphore(AT_ONCE);
  private final AtomicLong accepted = new AtomicLong();
  private final Thread thread;
  private volatile boolean stopping;
  private volatile @Nullable String failure;

  private Feeder(BenchStack stack, Supplier<String> params, LongSupplier begun, long waiting) {
    this.submitter = new Submitter(stack);
    this.bodies = () -> "{\"params\":" + params.get() + "}";
    this.begun = begun;
    this.waiting = waiting;
    this.thread = Thread.ofPlatform().daemon().name("bench-feeder").unstarted(this::run);
  }

  /**
   * Starts at once.
   *
   * @param params the next job's request; asked by one thread only
   * @param begun how many of the jobs have been called
   */
  static Feeder start(BenchStack stack, Supplier<String> params, LongSupplier begun, long waiting) {
    var feeder = new Feeder(stack, params, begun, waiting);
    feeder.thread.start();
    return feeder;
  }

  /** Submissions answered 202 so far. */
  long accepted() throws IOException {
    String failed = failure;
    if (failed != null) {
      throw new IOException(failed);
    }
    return accepted.get();
  }

  /** How many of the accepted jobs have not been called yet. */
  long waiting() throws IOException {
    return accepted() - begun.getAsLong();
  }

  /** Sends nothing more, and waits for the answers that are due. */
  void stop() throws IOException, InterruptedException {
    stopping = true;
    thread.join();
    accepted();
  }

  private void run() {
    long sent = 0;
    try {
      while (!stopping && failure == null) {
        for (long free = waiting - (sent - begun.getAsLong());
            free > 0 && !stopping && failure == null;
            free--) {
          places.acquire();
          submit(bodies.get());
          sent++;
        }
        WallClock.pass(LOOK_EVERY);
      }
      places.acquire(AT_ONCE);
    } catch (InterruptedException closed) {
      Thread.currentThread().interrupt();
    }
  }

  private void submit(String body) {
    CompletableFuture<?> answered =
        submitter
            .submit(body)
            .whenComplete((response, broken) -> {
              places.release();
              if (broken != null) {
                failure = "a submission failed: " + broken;
              } else if (response.statusCode() == 202) {
                accepted.incrementAndGet();
              } else {
                failure = "a submission was answered " + response.statusCode();
              }
            });
    if (answered.isCompletedExceptionally()) {
      stopping = true;
    }
  }

  @Override
  public void close() {
    stopping = true;
    thread.interrupt();
    submitter.close();
  }
}
