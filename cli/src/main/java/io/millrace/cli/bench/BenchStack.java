package io.millrace.cli.bench;

import io.millrace.simulator.Simulator;
import io.millrace.simulator.SimulatorSettings;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/**
 * A whole Millrace in a process of its own, as {@code millrace up} runs it, on fresh data, with an
 * instant simulator in this process as its Claude.
 */
final class BenchStack implements AutoCloseable {

  private static final Duration START = Duration.ofMinutes(2);
  private static final Pattern FINISHED =
      Pattern.compile("^millrace_jobs_finished_total\\{[^}]*} ([0-9.E+]+)$", Pattern.MULTILINE);

  private final Path data;
  private final Simulator simulator;
  private final Process process;
  private final int port;
  private final HttpClient http = HttpClient.newHttpClient();

  private BenchStack(Path data, Simulator simulator, Process process, int port) {
    this.data = data;
    this.simulator = simulator;
    this.process = process;
    this.port = port;
  }

  static BenchStack start(Path data) throws IOException, InterruptedException {
    Files.createDirectories(data);
    var simulator = Simulator.start(SimulatorSettings.defaults().withJournal(1_000_000));
    int port = freePort();
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "-Xmx1536m",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow"));
    String options = System.getenv("MILLRACE_BENCH_JAVA_OPTIONS");
    if (options != null && !options.isBlank()) {
      command.addAll(List.of(options.strip().split("\\s+")));
    }
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.addAll(List.of("io.millrace.cli.Main", "up", "--data", data.resolve("up").toString()));
    command.addAll(List.of("--port", Integer.toString(port)));
    var builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.redirectOutput(data.resolve("up.log").toFile());
    builder.environment().put("ANTHROPIC_BASE_URL", simulator.baseUri().toString());
    builder.environment().put("ANTHROPIC_API_KEY", "sk-bench");
    var stack = new BenchStack(data, simulator, builder.start(), port);
    stack.awaitReady();
    return stack;
  }

  int port() {
    return port;
  }

  Simulator simulator() {
    return simulator;
  }

  /** Jobs that reached a final state since the start. */
  long finished() throws IOException, InterruptedException {
    var matcher = FINISHED.matcher(get("/actuator/prometheus").body());
    double sum = 0;
    while (matcher.find()) {
      sum += Double.parseDouble(matcher.group(1));
    }
    return (long) sum;
  }

  /** The processor time that the stack's JVM has used, without PostgreSQL's. */
  Duration processorTime() {
    return process.info().totalCpuDuration().orElse(Duration.ZERO);
  }

  /** The median time of writing four kilobytes and forcing them to the disk that holds the data. */
  Duration fsync() throws IOException {
    List<Long> nanos = new ArrayList<>();
    var file = data.resolve("fsync");
    try (var channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      for (int i = 0; i < 101; i++) {
        long start = System.nanoTime();
        channel.write(ByteBuffer.allocate(4_096));
        channel.force(false);
        nanos.add(System.nanoTime() - start);
      }
    }
    Files.delete(file);
    nanos.sort(null);
    return Duration.ofNanos(nanos.get(50));
  }

  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(60, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException interrupted) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
    simulator.close();
  }

  private void awaitReady() throws IOException, InterruptedException {
    long until = System.nanoTime() + START.toNanos();
    var pause = new CountDownLatch(1);
    while (System.nanoTime() < until) {
      if (!process.isAlive()) {
        close();
        throw new IOException("the stack ended while it started; see " + data.resolve("up.log"));
      }
      try {
        if (get("/actuator/health/readiness").statusCode() == 200) {
          return;
        }
      } catch (IOException notYet) {
        // Refused connections are what a starting server has to offer.
      }
      var _ = pause.await(200, TimeUnit.MILLISECONDS);
    }
    close();
    throw new IOException("the stack was not ready in time; see " + data.resolve("up.log"));
  }

  private HttpResponse<String> get(String path) throws IOException, InterruptedException {
    var request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
            .timeout(Duration.ofSeconds(10))
            .build();
    return http.send(request, HttpResponse.BodyHandlers.ofString());
  }

  private static int freePort() throws IOException {
    try (var socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }
}
