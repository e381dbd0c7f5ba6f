package io.millrace.cli.bench;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;

/** Sends submissions, one job in each, without waiting for their answers. */
final class Submitter implements AutoCloseable {

  private static final Duration BOUND = Duration.ofSeconds(30);

  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(5))
          .executor(Executors.newVirtualThreadPerTaskExecutor())
          .build();
  private final URI jobs;
  private final String key;

  Submitter(BenchStack stack) {
    this.jobs = URI.create("http://127.0.0.1:" + stack.port() + "/v1/jobs");
    this.key = stack.key();
  }

  /** Submits a job; {@code body} is in ASCII. */
  CompletableFuture<HttpResponse<byte[]>> submit(String body) {
    return http.sendAsync(
        HttpRequest.newBuilder(jobs)
            .timeout(BOUND)
            .header("authorization", "Bearer " + key)
            .header("content-type", "application/json")
            .POST(BodyPublishers.ofString(body, StandardCharsets.US_ASCII))
            .build(),
        BodyHandlers.ofByteArray());
  }

  @Override
  public void close() {
    http.shutdownNow();
  }
}
