package io.millrace.cli.bench;

import java.io.IOException;
import java.util.Map;

/**
 * The highest heap of the api that was seen, looked at every second: more often would take
 * processor time from what is measured.
 */
final class HeapWatch implements AutoCloseable {

  private static final long EVERY_MICROS = 1_000_000;

  private final BenchStack stack;
  private final Thread thread;
  private volatile double peak;
  private volatile boolean stopping;

  private HeapWatch(BenchStack stack) {
    this.stack = stack;
    this.thread = Thread.ofPlatform().daemon().name("bench-heap").unstarted(this::run);
  }

  static HeapWatch start(BenchStack stack) {
    var watch = new HeapWatch(stack);
    watch.thread.start();
    return watch;
  }

  /** In bytes, garbage included. */
  double peak() {
    return peak;
  }

  private void run() {
    try {
      while (!stopping) {
        long next = WallClock.micros() + EVERY_MICROS;
        try {
          Metrics api = stack.metrics().get("api");
          if (api != null) {
            peak = Math.max(peak, api.sum("jvm_memory_used_bytes", Map.of("area", "heap")));
          }
        } catch (IOException busy) {
          // The next look will do.
        }
        WallClock.await(next);
      }
    } catch (InterruptedException closed) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    stopping = true;
    thread.interrupt();
  }
}
