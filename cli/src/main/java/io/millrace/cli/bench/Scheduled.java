package io.millrace.cli.bench;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;

/** Jobs that begin one after the other at fixed times, all submitted before. */
final class Scheduled {

  private static final int AT_ONCE = 64;
  private static final Duration BOUND = Duration.ofSeconds(30);

  private Scheduled() {}

  /**
   * Submits them, and answers with their ids in the order in which they begin.
   *
   * @param start when the first one is to begin, by {@link WallClock}
   */
  static String[] submit(BenchStack stack, int jobs, long start, int perSecond)
      throws IOException, InterruptedException {
    String[] ids = new String[jobs];
    var places = new Semaphore(AT_ONCE);
    var failures = new ConcurrentLinkedQueue<String>();
    try (var executor = Executors.newVirtualThreadPerTaskExecutor();
        var http =
            HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .executor(executor)
                .build()) {
      for (int i = 0; i < jobs && failures.isEmpty(); i++) {
        places.acquire();
        int number = i;
        Instant at = Instant.EPOCH.plus(start + i * 1_000_000L / perSecond, ChronoUnit.MICROS);
        var _ =
            http.sendAsync(request(stack, at), BodyHandlers.ofByteArray())
                .whenComplete((response, broken) -> {
                  try {
                    if (broken != null || response.statusCode() != 202) {
                      failures.add("a submission failed: " + (broken == null ? response : broken));
                    } else {
                      byte[] body = response.body();
                      ids[number] = Reply.job(body, 0, body.length);
                    }
                  } catch (IOException strange) {
                    failures.add(strange.toString());
                  } finally {
                    places.release();
                  }
                });
      }
      places.acquire(AT_ONCE);
    }
    String failure = failures.peek();
    if (failure != null) {
      throw new IOException(failure);
    }
    return ids;
  }

  private static HttpRequest request(BenchStack stack, Instant at) {
    String body =
        "{\"params\":%s,\"run_at\":\"%s\"}"
            .formatted(Submission.params(Submission.MODEL, Workload.PROMPT_BYTES), at);
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + stack.port() + "/v1/jobs"))
        .timeout(BOUND)
        .header("authorization", "Bearer " + stack.key())
        .header("content-type", "application/json")
        .POST(BodyPublishers.ofString(body, StandardCharsets.US_ASCII))
        .build();
  }
}
