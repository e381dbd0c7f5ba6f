package io.millrace.api.bulk;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.ApiProcess;
import io.millrace.testkit.PostgresExtension;
import java.io.InputStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The largest batch, in a process whose heap is smaller than its body. */
class LargeBatchIT {

  @RegisterExtension static final PostgresExtension postgres = PostgresExtension.shared();

  private static final int ITEMS = 100_000;
  private static final String PROMPT = "millrace ".repeat(100);

  @ParameterizedTest
  @ValueSource(strings = {"application/json", "application/x-ndjson"})
  void aHundredThousandItemsOfAHundredMegabytesFitThroughASmallHeap(String type) throws Exception {
    try (var api = ApiProcess.start(postgres, System.getProperty("bulk.heap", "96m"));
        var client = HttpClient.newHttpClient()) {
      for (int i = 0; i < Integer.getInteger("bulk.rounds", 1); i++) {
        long start = System.nanoTime();
        var response =
            client.send(
                HttpRequest.newBuilder(api.uri("/v1/messages/batches"))
                    .header("x-api-key", "acme-key")
                    .header("content-type", type)
                    .timeout(Duration.ofMinutes(2))
                    .POST(BodyPublishers.ofInputStream(() -> body(type.endsWith("/json"))))
                    .build(),
                BodyHandlers.ofString());

        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        assertThat(response.body()).contains("\"request_counts\":{\"processing\":100000,");
        System.out.println(
            "BULK " + type + " " + ITEMS * 1e9 / (System.nanoTime() - start) + " items/s");
      }
    }
  }

  private static InputStream body(boolean json) {
    return new InputStream() {
      private byte[] part = (json ? "{\"requests\":[" : "").getBytes(StandardCharsets.UTF_8);
      private int read;
      private int next;

      @Override
      public int read() {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
      }

      @Override
      public int read(byte[] buffer, int offset, int length) {
        while (read == part.length) {
          if (next == ITEMS) {
            return -1;
          }
          String end = !json ? "\n" : next < ITEMS - 1 ? "," : "]}";
          part = (item(next) + end).getBytes(StandardCharsets.UTF_8);
          next++;
          read = 0;
        }
        int count = Math.min(length, part.length - read);
        System.arraycopy(part, read, buffer, offset, count);
        read += count;
        return count;
      }
    };
  }

  private static String item(int i) {
    return "{\"custom_id\":\"item-%d\",\"params\":{\"model\":\"claude-haiku-5-5\",\"max_tokens\":64,\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}]}}"
        .formatted(i, PROMPT);
  }
}
