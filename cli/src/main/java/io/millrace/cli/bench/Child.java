package io.millrace.cli.bench;

import java.io.IOException;
import java.net.BindException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/** One process of the stack that is measured: {@code millrace} with a command of its own. */
final class Child implements AutoCloseable {

  static final String DEFAULT_OPTIONS = "-Xmx1536m -XX:+ExitOnOutOfMemoryError";
  private static final Duration START_BOUND = Duration.ofMinutes(2);
  private static final Duration STOP_BOUND = Duration.ofSeconds(45);
  private static final int FIRST_PORT = 20_000;
  private static final int LAST_PORT = 32_000;
  private static final int TRIES = 100;
  private static final HttpClient HTTP =
      HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build();

  private final String name;
  private final Process process;
  private final Path log;
  private final int port;

  private Child(String name, Process process, Path log, int port) {
    this.name = name;
    this.process = process;
    this.log = log;
    this.port = port;
  }

  /**
   * What to start.
   *
   * @param port where it serves health and metrics; 0 where it does not
   */
  record Command(
      String name,
      Path directory,
      int port,
      List<String> options,
      List<String> words,
      Map<String, String> environment) {}

  static Child start(Command command) throws IOException {
    Path temporary = command.directory().resolve("tmp");
    Files.createDirectories(temporary);
    List<String> line = new ArrayList<>();
    // A session of its own, or Ctrl-C would reach it before the benchmark has put things in order.
    Path setsid = Path.of("/usr/bin/setsid");
    if (Files.isExecutable(setsid)) {
      line.add(setsid.toString());
    }
    line.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    line.addAll(
        List.of("--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow"));
    line.add("-Djava.io.tmpdir=" + temporary + "/");
    line.addAll(command.options());
    line.addAll(List.of("-cp", System.getProperty("java.class.path"), "io.millrace.cli.Main"));
    line.addAll(command.words());
    Path log = command.directory().resolve(command.name() + ".log");
    var builder = new ProcessBuilder(line).redirectErrorStream(true).redirectOutput(log.toFile());
    builder.environment().keySet().removeIf(key -> key.startsWith("MILLRACE_"));
    builder.environment().keySet().removeIf(key -> key.startsWith("ANTHROPIC_"));
    builder.environment().putAll(command.environment());
    return new Child(command.name(), builder.start(), log, command.port());
  }

  /** How the launcher starts servers, and what the caller's environment adds to it. */
  static List<String> serverOptions() {
    List<String> options =
        new ArrayList<>(split(System.getProperty("millrace.server.options", DEFAULT_OPTIONS)));
    String more = System.getenv("MILLRACE_BENCH_JAVA_OPTIONS");
    options.addAll(split(more == null ? "" : more));
    return options;
  }

  private static List<String> split(String options) {
    return options.isBlank() ? List.of() : List.of(options.strip().split("\\s+"));
  }

  /**
   * A port that nobody listens on. It lies below those that the system gives to outgoing
   * connections: a slow start leaves one of these time enough to take it.
   */
  static int freePort() throws IOException {
    for (int i = 0; i < TRIES; i++) {
      int port = ThreadLocalRandom.current().nextInt(FIRST_PORT, LAST_PORT);
      try (var socket = new ServerSocket(port)) {
        return socket.getLocalPort();
      } catch (BindException taken) {
        // Another one.
      }
    }
    throw new IOException("no port between %d and %d is free".formatted(FIRST_PORT, LAST_PORT));
  }

  String name() {
    return name;
  }

  long pid() {
    return process.pid();
  }

  int port() {
    return port;
  }

  String said() throws IOException {
    return Files.readString(log);
  }

  String metrics() throws IOException, InterruptedException {
    return get("/actuator/prometheus").body();
  }

  void awaitReady() throws IOException, InterruptedException {
    await(this::isReady);
  }

  /** Whether it says so at this moment. */
  boolean isReady() throws InterruptedException {
    try {
      return get("/actuator/health/readiness").statusCode() == 200;
    } catch (IOException notYet) {
      return false;
    }
  }

  void awaitSaid(String line) throws IOException, InterruptedException {
    await(() -> said().lines().anyMatch(line::equals));
  }

  private interface Look {
    boolean isThere() throws IOException, InterruptedException;
  }

  private void await(Look look) throws IOException, InterruptedException {
    long giveUp = System.nanoTime() + START_BOUND.toNanos();
    while (System.nanoTime() < giveUp) {
      if (look.isThere()) {
        return;
      }
      if (process.waitFor(200, TimeUnit.MILLISECONDS)) {
        throw new IOException("%s ended while it started:%n%s".formatted(name, lastWords()));
      }
    }
    throw new IOException("%s was not ready in time:%n%s".formatted(name, lastWords()));
  }

  /** The end of its log, which goes with the directory. */
  String lastWords() throws IOException {
    List<String> lines = said().lines().toList();
    return String.join("\n", lines.subList(Math.max(0, lines.size() - 15), lines.size()));
  }

  private HttpResponse<String> get(String path) throws IOException, InterruptedException {
    var request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
            .timeout(Duration.ofSeconds(30))
            .build();
    return HTTP.send(request, HttpResponse.BodyHandlers.ofString());
  }

  /** Ends it as a failing machine would: nothing is put in order. */
  void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(STOP_BOUND.toSeconds(), TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException interrupted) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
