package io.millrace.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.kafka.common.utils.Exit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedKafkaTest {

  @TempDir Path directory;

  @Test
  void aShareGroupGoesOnWhereItWasAfterARestart() throws Exception {
    try (var kafka = EmbeddedKafka.builder().dataDirectory(directory).start()) {
      var client = new ShareGroupClient(kafka.bootstrapServers(), "jobs", "workers");
      client.createTopicAndGroup();
      client.produce(0, 100);
      List<Integer> taken = new ArrayList<>(client.take(40));
      kafka.restart();
      client.produce(100, 120);
      taken.addAll(client.take(80));
      assertThat(taken).containsExactlyInAnyOrderElementsOf(numbers(120));
      kafka.kill();
      kafka.restart();
      client.produce(120, 140);
      taken.addAll(client.take(20));
      assertThat(taken).containsExactlyInAnyOrderElementsOf(numbers(140));
    }
  }

  @Test
  void aBrokersProcessMayBeKilledAtAnyMoment() throws Exception {
    try (var kafka = KafkaProcess.start(directory, 0)) {
      var client = new ShareGroupClient(kafka.bootstrapServers(), "jobs", "workers");
      client.createTopicAndGroup();
      client.produce(0, 100);
      List<Integer> taken = new ArrayList<>(client.take(40));
      kafka.kill();
      kafka.restart();
      taken.addAll(client.take(60));
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

  @Test
  void aBrokerThatGivesUpDoesNotTakeTheProcessAlong() throws Exception {
    try (var kafka = EmbeddedKafka.builder().start()) {
      assertThat(kafka.hasGivenUp()).isFalse();
      assertThatThrownBy(() -> Exit.halt(1, "the disk is full"))
          .hasMessageContaining("disk is full");
      assertThat(kafka.hasGivenUp()).isTrue();
      kafka.restart();
      assertThat(kafka.hasGivenUp()).isFalse();
      new ShareGroupClient(kafka.bootstrapServers(), "jobs", "workers").createTopicAndGroup();
    }
  }

  private static List<Integer> numbers(int end) {
    return IntStream.range(0, end).boxed().toList();
  }
}
