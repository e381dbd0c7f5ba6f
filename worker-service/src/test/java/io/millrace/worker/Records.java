package io.millrace.worker;

import io.millrace.job.ReleasedJob;
import io.millrace.job.Topics;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.KafkaShareConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** The topics as a test writes and reads them. */
final class Records implements AutoCloseable {

  private final String servers;
  private final KafkaProducer<String, byte[]> producer;

  Records(String servers) {
    this.servers = servers;
    this.producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", servers),
            new StringSerializer(),
            new ByteArraySerializer());
  }

  /** Puts an invitation on the jobs topic; returns when it is there. */
  void invite(ReleasedJob invitation) {
    write(
        new ProducerRecord<>(
            Topics.JOBS,
            invitation.id().toString(),
            invitation.encode().getBytes(StandardCharsets.UTF_8)));
  }

  void write(ProducerRecord<String, byte[]> record) {
    try {
      producer.send(record).get(20, TimeUnit.SECONDS);
    } catch (Exception failure) {
      throw new AssertionError(failure);
    }
  }

  /** Takes the one record on the jobs topic as a worker does, and ends without acknowledging it. */
  void consumeAndDie() {
    try (var consumer =
        new KafkaShareConsumer<>(
            Map.of(
                "bootstrap.servers",
                servers,
                "group.id",
                Topics.WORKERS,
                "share.acknowledgement.mode",
                "explicit"),
            new StringDeserializer(),
            new ByteArrayDeserializer())) {
      consumer.subscribe(List.of(Topics.JOBS));
      long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
      while (consumer.poll(Duration.ofMillis(200)).isEmpty()) {
        if (System.nanoTime() > until) {
          throw new AssertionError("no record came");
        }
      }
    }
  }

  /** The first record of the topic that fits; waits for it for a bounded time. */
  Optional<ConsumerRecord<String, byte[]>> find(
      String topic, Predicate<ConsumerRecord<String, byte[]>> fits) {
    try (var consumer =
        new KafkaConsumer<>(
            Map.<String, Object>of("bootstrap.servers", servers),
            new StringDeserializer(),
            new ByteArrayDeserializer())) {
      var partitions =
          consumer.partitionsFor(topic).stream()
              .map(info -> new TopicPartition(topic, info.partition()))
              .toList();
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
      while (System.nanoTime() < until) {
        for (var record : consumer.poll(Duration.ofMillis(200))) {
          if (fits.test(record)) {
            return Optional.of(record);
          }
        }
      }
      return Optional.empty();
    }
  }

  @Override
  public void close() {
    producer.close(Duration.ofSeconds(5));
  }
}
