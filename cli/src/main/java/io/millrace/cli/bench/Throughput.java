package io.millrace.cli.bench;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** N3: jobs from submission to recorded answer, one per request, with an instant upstream. */
final class Throughput {

  private static final int CONNECTIONS = 48;
  private static final Duration LONGEST_TAIL = Duration.ofMinutes(3);

  private final BenchStack stack;
  private final byte[] request = LoadConnection.submission(1_024);

  Throughput(BenchStack stack) {
    this.stack = stack;
  }

  /** What a run came to. */
  record Run(long jobs, Duration accepted, Duration finished, Duration processor) {

    double acceptedPerSecond() {
      return jobs * 1e9 / accepted.toNanos();
    }

    double perSecond() {
      return jobs * 1e9 / finished.toNanos();
    }
  }

  Run run(long jobs) throws IOException, InterruptedException {
    long before = stack.finished();
    var processorBefore = stack.processorTime();
    long start = System.nanoTime();
    submit(jobs);
    long accepted = System.nanoTime() - start;
    var pause = new CountDownLatch(1);
    long done = stack.finished() - before;
    while (done < jobs) {
      if (System.nanoTime() - start > accepted + LONGEST_TAIL.toNanos()) {
        throw new IOException("only %d of %d jobs finished".formatted(done, jobs));
      }
      var _ = pause.await(50, TimeUnit.MILLISECONDS);
      done = stack.finished() - before;
    }
    return new Run(
        jobs,
        Duration.ofNanos(accepted),
        Duration.ofNanos(System.nanoTime() - start),
        stack.processorTime().minus(processorBefore));
  }

  private void submit(long jobs) throws IOException, InterruptedException {
    var left = new AtomicLong(jobs);
    try (var threads = Executors.newThreadPerTaskExecutor(Thread.ofVirtual().factory())) {
      List<Future<?>> senders = new ArrayList<>();
      for (int i = 0; i < CONNECTIONS; i++) {
        senders.add(
            threads.submit(() -> {
              try (var connection = new LoadConnection(stack.port())) {
                while (left.getAndDecrement() > 0) {
                  var answer = connection.send(request);
                  if (answer.status() != 202) {
                    throw new IOException("refused: " + answer);
                  }
                }
              }
              return null;
            }));
      }
      for (Future<?> sender : senders) {
        try {
          sender.get();
        } catch (ExecutionException failure) {
          throw new IOException("a submission failed", failure.getCause());
        }
      }
    }
  }
}
