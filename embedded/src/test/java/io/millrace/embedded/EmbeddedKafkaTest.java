package io.millrace.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedKafkaTest {

  @TempDir Path directory;

  @Test
  void aShareGroupGoesOnWhereItWasAfterARestart() throws Exception {
    long a = System.nanoTime();
    try (var kafka = EmbeddedKafka.builder().dataDirectory(directory).start()) {
      System.out.println("kafka start ms " + (System.nanoTime() - a) / 1_000_000);
      var client = new ShareGroupClient(kafka.bootstrapServers(), "jobs", "workers");
      client.createTopicAndGroup();
      client.produce(0, 100);
      List<Integer> taken = new ArrayList<>(client.take(40));
      a = System.nanoTime();
      kafka.restart();
      System.out.println("kafka restart ms " + (System.nanoTime() - a) / 1_000_000);
      client.produce(100, 120);
      taken.addAll(client.take(80));
      assertThat(taken).containsExactlyInAnyOrderElementsOf(numbers(120));
      a = System.nanoTime();
      kafka.kill();
      kafka.restart();
      System.out.println("kafka kill+restart ms " + (System.nanoTime() - a) / 1_000_000);
      client.produce(120, 140);
      taken.addAll(client.take(20));
      assertThat(taken).containsExactlyInAnyOrderElementsOf(numbers(140));
    }
  }

  @Test
  void aBrokersProcessMayBeKilledAtAnyMoment() throws Exception {
    long a = System.nanoTime();
    try (var kafka = KafkaProcess.start(directory, 0)) {
      System.out.println("kafka process start ms " + (System.nanoTime() - a) / 1_000_000);
      var client = new ShareGroupClient(kafka.bootstrapServers(), "jobs", "workers");
      client.createTopicAndGroup();
      client.produce(0, 100);
      List<Integer> taken = new ArrayList<>(client.take(40));
      kafka.kill();
      a = System.nanoTime();
      kafka.restart();
      System.out.println("kafka process restart ms " + (System.nanoTime() - a) / 1_000_000);
      taken.addAll(client.take(60));
      System.out.println("consumed ms " + (System.nanoTime() - a) / 1_000_000);
      assertThat(taken).containsExactlyInAnyOrderElementsOf(numbers(100));
    }
  }

  @Test
  void aSecondBrokerOnTheSameDirectoryIsRefused() {
    try (var kafka = EmbeddedKafka.builder().dataDirectory(directory).start()) {
      assertThat(kafka.port()).isPositive();
      assertThatThrownBy(() -> EmbeddedKafka.builder().dataDirectory(directory).start())
          .isInstanceOf(ServerFailed.class)
          .hasMessageContaining("in use by another Millrace process");
    }
  }

  private static List<Integer> numbers(int end) {
    return IntStream.range(0, end).boxed().toList();
  }
}
