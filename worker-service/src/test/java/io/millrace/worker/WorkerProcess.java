package io.millrace.worker;

import io.millrace.testkit.KafkaExtension;
import io.millrace.testkit.PostgresExtension;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The worker service in a process of its own, so that it can really be killed. */
final class WorkerProcess implements AutoCloseable {

  private final List<String> command;
  private Process process;

  private WorkerProcess(List<String> command) {
    this.command = command;
    start();
  }

  static WorkerProcess start(
      PostgresExtension postgres, KafkaExtension kafka, URI claude, String... settings) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add(WorkerApplication.class.getName());
    command.add("--spring.main.web-application-type=none");
    command.add("--spring.main.keep-alive=true");
    command.add("--spring.main.banner-mode=off");
    TestWorker.properties(postgres, kafka.bootstrapServers(), claude)
        .forEach((name, value) -> command.add("--" + name + "=" + value));
    // Of two equal options Spring takes both, as a list.
    for (String setting : settings) {
      String name = setting.substring(0, setting.indexOf('=') + 1);
      command.removeIf(option -> option.startsWith("--" + name));
      command.add("--" + setting);
    }
    return new WorkerProcess(command);
  }

  /** SIGKILL: not a line of it runs any more. */
  void kill() {
    process.destroyForcibly();
    await();
  }

  void restart() {
    kill();
    start();
  }

  /** SIGTERM, and the exit it leads to. */
  int terminate() {
    process.destroy();
    return await();
  }

  @Override
  public void close() {
    kill();
  }

  private int await() {
    try {
      if (!process.waitFor(60, TimeUnit.SECONDS)) {
        throw new IllegalStateException("the worker does not end");
      }
      return process.exitValue();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", interrupted);
    }
  }

  private void start() {
    try {
      process = new ProcessBuilder(command).inheritIO().start();
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }
}
