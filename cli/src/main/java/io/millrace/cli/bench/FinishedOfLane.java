package io.millrace.cli.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * How many jobs of a lane have been recorded since this was made. Asks the stack at most four times
 * a second, for it costs it some milliseconds.
 */
final class FinishedOfLane implements LongSupplier {

  private static final long EVERY = TimeUnit.MILLISECONDS.toNanos(250);

  private final BenchStack stack;
  private final String lane;
  private final long before;
  private long asked;
  private long count;

  FinishedOfLane(BenchStack stack, String lane) throws IOException, InterruptedException {
    this.stack = stack;
    this.lane = lane;
    this.before = stack.finished(lane);
    this.asked = System.nanoTime();
  }

  @Override
  public long getAsLong() {
    if (System.nanoTime() - asked >= EVERY) {
      asked = System.nanoTime();
      try {
        count = stack.finished(lane) - before;
      } catch (IOException unreachable) {
        throw new UncheckedIOException(unreachable);
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
      }
    }
    return count;
  }
}
