package io.millrace.claude.call;

import com.anthropic.client.AnthropicClient;
import com.anthropic.client.okhttp.AnthropicOkHttpClient;
import com.anthropic.core.http.HttpRequestBody;
import com.anthropic.models.messages.Message;
import com.anthropic.models.messages.MessageCreateParams;
import com.sun.management.OperatingSystemMXBean;
import io.millrace.claude.call.Reply.Answered;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.LongAdder;

/**
 * The measurements of ADR 0002. Run {@code server <delay ms>} in one process, which prints its
 * address, and {@code raw|typed <address> <calls> <at once>} in another.
 */
public final class MeasureCalls {
  private static final byte[] REQUEST =
      ("{\"model\": \"claude-sonnet-5-5\", \"max_tokens\": 1024, \"messages\": [{\"role\": \"user\","
              + " \"content\": \""
              + "word ".repeat(800)
              + "\"}]}")
          .getBytes(StandardCharsets.UTF_8);
  private static final byte[] ANSWER =
      ("{\"id\": \"msg_1\", \"type\": \"message\", \"role\": \"assistant\", \"model\":"
              + " \"claude-sonnet-5-5\", \"content\": [{\"type\": \"text\", \"text\": \""
              + "word ".repeat(780)
              + "\"}], \"stop_reason\": \"end_turn\", \"stop_sequence\": null, \"usage\":"
              + " {\"input_tokens\": 800, \"output_tokens\": 780, \"later_field\": {\"a\": 1.50}}}")
          .getBytes(StandardCharsets.UTF_8);

  private MeasureCalls() {}

  private interface OneCall {
    /** Whether the answer's bytes came back unchanged. */
    boolean make() throws IOException;
  }

  public static void main(String[] args) throws Exception {
    if ("server".equals(args[0])) {
      serve(Duration.ofMillis(Long.parseLong(args[1])));
      return;
    }
    URI uri = URI.create(args[1]);
    int calls = Integer.parseInt(args[2]);
    int atOnce = Integer.parseInt(args[3]);
    OneCall call = "raw".equals(args[0]) ? raw(uri) : typed(uri);
    for (int round = 1; round <= 3; round++) {
      round(args[0], round, call, calls, atOnce);
    }
  }

  private static void serve(Duration delay) throws InterruptedException {
    byte[] reply = RawServer.reply("HTTP/1.1 200 OK\r\ncontent-length: " + ANSWER.length, ANSWER);
    var server =
        new RawServer(connection -> {
          while (connection.read() != null) {
            if (delay.isPositive()) {
              new CountDownLatch(1)
                  .await(delay.toMillis(), java.util.concurrent.TimeUnit.MILLISECONDS);
            }
            connection.write(reply);
          }
        });
    System.out.println(server.uri());
    Thread.currentThread().join();
  }

  private static OneCall raw(URI uri) {
    var client = new ClaudeClient(UpstreamSettings.of(uri, "k"), Clock.systemUTC());
    var request = new CallRequest(REQUEST, "2026-10-21", List.of(), Duration.ofMinutes(10), null);
    return () ->
        client.prepare(request).execute() instanceof Answered answered
            && Arrays.equals(answered.body(), ANSWER);
  }

  private static OneCall typed(URI uri) {
    AnthropicClient client =
        AnthropicOkHttpClient.builder()
            .baseUrl(uri.toString())
            .apiKey("k")
            .maxRetries(0)
            .maxIdleConnections(10_000)
            .keepAliveDuration(Duration.ofSeconds(30))
            .build();
    return () -> {
      MessageCreateParams.Body body =
          new OneShotBody(REQUEST, () -> {}).json(MessageCreateParams.Body.class);
      Message message = client.messages().create(MessageCreateParams.builder().body(body).build());
      var bytes = new ByteArrayOutputStream();
      HttpRequestBody.ofJson(message).writeTo(bytes);
      return Arrays.equals(bytes.toByteArray(), ANSWER);
    };
  }

  private static void round(String name, int round, OneCall call, int calls, int atOnce)
      throws InterruptedException, IOException {
    var system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    var places = new Semaphore(atOnce);
    var changed = new LongAdder();
    long cpu = system.getProcessCpuTime();
    long start = System.nanoTime();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < calls; i++) {
        places.acquire();
        threads.execute(() -> {
          try {
            if (!call.make()) {
              changed.increment();
            }
          } catch (IOException | RuntimeException e) {
            e.printStackTrace();
            changed.increment();
          } finally {
            places.release();
          }
        });
      }
    }
    long nanos = System.nanoTime() - start;
    System.out.printf(
        "%s, round %d: %d calls, %d at once: %.0f µs CPU a call, %.0f calls/s, %d changed, %s%n",
        name,
        round,
        calls,
        atOnce,
        (system.getProcessCpuTime() - cpu) / 1e3 / calls,
        calls * 1e9 / nanos,
        changed.sum(),
        memory());
  }

  private static String memory() throws IOException {
    return Files.readAllLines(Path.of("/proc/self/status")).stream()
        .filter(line -> line.startsWith("VmHWM") || line.startsWith("VmRSS"))
        .map(line -> line.replaceAll("\\s+", " "))
        .toList()
        .toString();
  }
}
