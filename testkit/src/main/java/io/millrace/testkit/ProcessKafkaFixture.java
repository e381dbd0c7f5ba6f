package io.millrace.testkit;

import io.millrace.embedded.KafkaProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/** A broker in a JVM of its own, which {@link #kill} really kills. */
record ProcessKafkaFixture(KafkaProcess kafka, Path data) implements KafkaFixture {

  static ProcessKafkaFixture start() {
    try {
      // Not under the name of EmbeddedKafka's own, which are cleared away while no broker holds
      // them.
      Path data = Files.createTempDirectory("millrace-process-of-kafka-");
      return new ProcessKafkaFixture(KafkaProcess.start(data, 0), data);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public String bootstrapServers() {
    return kafka.bootstrapServers();
  }

  @Override
  public void stop() {
    kafka.stop();
  }

  @Override
  public void kill() {
    kafka.kill();
  }

  @Override
  public void restart() {
    kafka.restart();
  }

  @Override
  public void close() {
    kafka.kill();
    try (Stream<Path> files = Files.walk(data)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
