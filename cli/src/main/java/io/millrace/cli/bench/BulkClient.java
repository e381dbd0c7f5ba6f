package io.millrace.cli.bench;

import io.millrace.claude.json.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.math.BigDecimal;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Consumer;
import tools.jackson.databind.JsonNode;

/** Uploads batches, looks at them and reads their results, as any client would. */
final class BulkClient implements AutoCloseable {

  private static final String BATCHES = "/v1/messages/batches";
  private static final Duration BOUND = Duration.ofMinutes(5);
  private static final int TRIES = 30;

  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(5))
          .build();
  private final String base;
  private final String key;

  BulkClient(BenchStack stack) {
    this.base = "http://127.0.0.1:" + stack.port();
    this.key = stack.key();
  }

  /**
   * How a batch stands.
   *
   * @param ended items that have
   * @param cost in dollars, what is only suspected left out
   */
  record Standing(
      boolean over, long ended, long succeeded, BigDecimal cost, BigDecimal suspected) {}

  /** Submits the lines of a file, and returns the batch's id. */
  String upload(Path lines, String backend) throws IOException, InterruptedException {
    HttpResponse<byte[]> response =
        http.send(
            request(BATCHES + "?backend=" + backend)
                .header("content-type", "application/x-ndjson")
                .POST(BodyPublishers.ofFile(lines))
                .build(),
            BodyHandlers.ofByteArray());
    return Json.tree(good(response)).path("id").asString();
  }

  Standing look(String batch) throws IOException, InterruptedException {
    JsonNode tree = Json.tree(get(BATCHES + "/" + batch));
    JsonNode counts = tree.path("millrace").path("counts");
    JsonNode cost = tree.path("millrace").path("cost");
    long succeeded = counts.path("succeeded").asLong(0);
    return new Standing(
        tree.path("processing_status").asString("").equals("ended"),
        succeeded
            + counts.path("errored").asLong(0)
            + counts.path("canceled").asLong(0)
            + counts.path("expired").asLong(0),
        succeeded,
        new BigDecimal(cost.path("amount").asString("0")),
        new BigDecimal(cost.path("suspected").asString("0")));
  }

  /** Gives the custom_id of each line of the results. */
  void results(String batch, Consumer<String> eachCustomId)
      throws IOException, InterruptedException {
    var response =
        http.send(
            request(BATCHES + "/" + batch + "/results").build(), BodyHandlers.ofInputStream());
    if (response.statusCode() != 200) {
      throw new IOException("results were answered " + response.statusCode());
    }
    try (var lines =
        new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        eachCustomId.accept(
            Json.tree(line.getBytes(StandardCharsets.UTF_8)).path("custom_id").asString(""));
      }
    }
  }

  /** Again for a while: the database may be restarting. */
  private byte[] get(String path) throws IOException, InterruptedException {
    for (int tried = 1; ; tried++) {
      HttpResponse<byte[]> response = http.send(request(path).build(), BodyHandlers.ofByteArray());
      if (response.statusCode() != 503 || tried == TRIES) {
        return good(response);
      }
      WallClock.pass(Duration.ofSeconds(1));
    }
  }

  private static byte[] good(HttpResponse<byte[]> response) throws IOException {
    if (response.statusCode() != 200) {
      throw new IOException(
          "answered %d: %s"
              .formatted(
                  response.statusCode(), new String(response.body(), StandardCharsets.UTF_8)));
    }
    return response.body();
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create(base + path))
        .timeout(BOUND)
        .header("authorization", "Bearer " + key);
  }

  @Override
  public void close() {
    http.shutdownNow();
  }
}
