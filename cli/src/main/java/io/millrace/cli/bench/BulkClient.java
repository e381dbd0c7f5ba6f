package io.millrace.cli.bench;

import io.millrace.cli.client.Json;
import io.millrace.cli.client.Table;
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
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

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
    return String.valueOf(object(good(response)).get("id"));
  }

  Standing look(String batch) throws IOException, InterruptedException {
    Map<?, ?> fields = object(get(BATCHES + "/" + batch));
    long succeeded = count(fields, "succeeded");
    return new Standing(
        "ended".equals(fields.get("processing_status")),
        succeeded + count(fields, "errored") + count(fields, "canceled") + count(fields, "expired"),
        succeeded,
        dollars(fields, "amount"),
        dollars(fields, "suspected"));
  }

  private static Map<?, ?> object(byte[] json) throws IOException {
    if (Json.readOrNull(json) instanceof Map<?, ?> fields) {
      return fields;
    }
    throw new IOException("the answer is no JSON object");
  }

  private static long count(Map<?, ?> fields, String name) {
    return Table.at(fields, "millrace", "counts", name) instanceof BigDecimal number
        ? number.longValue()
        : 0;
  }

  private static BigDecimal dollars(Map<?, ?> fields, String name) {
    @Nullable Object amount = Table.at(fields, "millrace", "cost", name);
    return amount instanceof String text ? new BigDecimal(text) : BigDecimal.ZERO;
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
            String.valueOf(object(line.getBytes(StandardCharsets.UTF_8)).get("custom_id")));
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
