package io.millrace.embedded;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * An {@link EmbeddedKafka} in a JVM of its own, which can therefore really be killed. It ends with
 * the JVM that started it, however that ends.
 */
public final class KafkaProcess implements AutoCloseable {

  private static final Duration START_BOUND = Duration.ofMinutes(2);
  private static final Duration STOP_BOUND = Duration.ofSeconds(45);
  private static final Duration KILL_BOUND = Duration.ofSeconds(10);

  private final List<String> java;
  private final Path data;
  private final Path output;
  private int port;
  private @Nullable Process process;

  private KafkaProcess(List<String> java, Path data, int port) {
    this.java = java;
    this.data = data;
    this.output = data.resolve("broker.log");
    this.port = port;
  }

  /** Starts a broker with this JVM's own class path; port 0 takes a free one. */
  public static KafkaProcess start(Path data, int port) {
    return start(
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx512m",
            "-XX:+UseSerialGC",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-cp",
            System.getProperty("java.class.path"),
            EmbeddedKafkaMain.class.getName()),
        data,
        port);
  }

  /** Starts a broker by a command that runs {@link EmbeddedKafkaMain}. */
  public static KafkaProcess start(List<String> java, Path data, int port) {
    var broker = new KafkaProcess(java, data.toAbsolutePath().normalize(), port);
    broker.restart();
    return broker;
  }

  public int port() {
    return port;
  }

  public String bootstrapServers() {
    return LoopbackPort.HOST + ":" + port;
  }

  /** The process id of the broker, if it runs. */
  public Optional<Long> pid() {
    return Optional.ofNullable(process).filter(Process::isAlive).map(Process::pid);
  }

  /** Stops the broker if it runs, and starts it on the same port with the same data. */
  public void restart() {
    stop();
    List<String> command = new ArrayList<>(java);
    command.addAll(List.of("--data", data.toString(), "--port", Integer.toString(port)));
    try {
      DirectoryTree.createPrivate(data);
      Process fresh =
          new ProcessBuilder(command)
              .redirectError(ProcessBuilder.Redirect.appendTo(output.toFile()))
              .start();
      process = fresh;
      port =
          CompletableFuture.supplyAsync(() -> portSaidBy(fresh))
              .get(START_BOUND.toMillis(), TimeUnit.MILLISECONDS);
    } catch (IOException | ExecutionException | TimeoutException e) {
      kill();
      throw new ServerFailed("Kafka does not start in %s; see %s".formatted(data, output), e);
    } catch (InterruptedException e) {
      kill();
      Thread.currentThread().interrupt();
      throw new ServerFailed("interrupted while Kafka was starting", e);
    }
  }

  private static int portSaidBy(Process process) {
    try {
      BufferedReader lines = process.inputReader(StandardCharsets.UTF_8);
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.startsWith(EmbeddedKafkaMain.ANSWERS)) {
          return Integer.parseInt(line.substring(EmbeddedKafkaMain.ANSWERS.length()));
        }
      }
      throw new ServerFailed("the broker's process ended");
    } catch (IOException e) {
      throw new ServerFailed("the broker's process cannot be heard", e);
    }
  }

  /** Stops the broker in good order, or kills it if it does not follow. */
  public void stop() {
    Process running = process;
    if (running != null) {
      running.destroy();
      awaitEnd(running, STOP_BOUND);
      kill();
    }
  }

  /** Kills the broker's process. */
  public void kill() {
    Process running = process;
    if (running != null) {
      running.destroyForcibly();
      awaitEnd(running, KILL_BOUND);
      process = null;
    }
  }

  private static void awaitEnd(Process running, Duration bound) {
    try {
      var _ = running.waitFor(bound.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    stop();
  }
}
