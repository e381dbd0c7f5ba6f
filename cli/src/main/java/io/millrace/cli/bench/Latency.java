package io.millrace.cli.bench;

import io.millrace.simulator.journal.Received;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;

/** N5: from the start of a submission to the moment at which Claude has the request. */
final class Latency {

  private static final Pattern ID = Pattern.compile("\"id\":\"(job_[0-9a-z]+)\"");
  private static final int CONNECTIONS = 16;

  private final BenchStack stack;
  private final byte[] request = LoadConnection.submission(1_024);

  Latency(BenchStack stack) {
    this.stack = stack;
  }

  /** What a run came to. */
  record Run(int jobs, Duration p50, Duration p99, Duration most) {}

  Run run(int perSecond, Duration duration)
      throws IOException, InterruptedException, TimeoutException {
    stack.simulator().reset();
    int jobs = (int) (perSecond * duration.toSeconds());
    Map<String, Instant> starts = new ConcurrentHashMap<>();
    long start = System.nanoTime();
    try (var threads = Executors.newThreadPerTaskExecutor(Thread.ofVirtual().factory())) {
      for (int c = 0; c < CONNECTIONS; c++) {
        int first = c;
        var _ = threads.submit(() -> submit(first, jobs, perSecond, start, starts));
      }
    }
    if (starts.size() < jobs) {
      throw new IOException(
          "only %d of %d submissions were accepted".formatted(starts.size(), jobs));
    }
    stack.simulator().awaitReceived(jobs, Duration.ofMinutes(1));
    List<Duration> waits = new ArrayList<>();
    for (Received received : stack.simulator().journal()) {
      var submitted = starts.get(String.valueOf(received.job()));
      if (submitted != null) {
        waits.add(Duration.between(submitted, received.at()));
      }
    }
    waits.sort(null);
    return new Run(
        waits.size(),
        waits.get(waits.size() / 2),
        waits.get(waits.size() * 99 / 100),
        waits.getLast());
  }

  private Void submit(int first, int jobs, int perSecond, long start, Map<String, Instant> starts)
      throws IOException {
    try (var connection = new LoadConnection(stack.port())) {
      for (int i = first; i < jobs; i += CONNECTIONS) {
        long at = start + TimeUnit.SECONDS.toNanos(1) * i / perSecond;
        for (long left = at - System.nanoTime(); left > 0; left = at - System.nanoTime()) {
          LockSupport.parkNanos(left);
        }
        var began = Instant.now();
        var answer = connection.send(request);
        var id = ID.matcher(answer.body());
        if (answer.status() != 202 || !id.find()) {
          throw new IOException("refused: " + answer.status());
        }
        starts.put(id.group(1), began);
      }
    }
    return null;
  }
}
