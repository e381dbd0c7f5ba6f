package io.millrace.embedded;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.AcknowledgeType;
import org.apache.kafka.clients.consumer.KafkaShareConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * What the queue does with a broker, in small: a topic, records, a share group that acknowledges.
 */
record ShareGroupClient(String bootstrapServers, String topic, String group) {

  private static final Duration BOUND = Duration.ofSeconds(30);

  void createTopicAndGroup() throws Exception {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrapServers))) {
      admin.createTopics(List.of(new NewTopic(topic, 3, (short) 1))).all().get();
      admin
          .incrementalAlterConfigs(
              Map.of(
                  new ConfigResource(ConfigResource.Type.GROUP, group),
                  List.of(
                      new AlterConfigOp(
                          new ConfigEntry("share.auto.offset.reset", "earliest"),
                          AlterConfigOp.OpType.SET))))
          .all()
          .get();
    }
  }

  void produce(int from, int to) throws Exception {
    try (var producer =
        new KafkaProducer<String, String>(
            Map.of("bootstrap.servers", bootstrapServers, "acks", "all"),
            new StringSerializer(),
            new StringSerializer())) {
      var sent =
          IntStream.range(from, to)
              .mapToObj(i -> producer.send(new ProducerRecord<>(topic, Integer.toString(i))))
              .toList();
      for (var one : sent) {
        one.get();
      }
    }
  }

  /** Takes and accepts records until it has so many; what else was handed out is released. */
  List<Integer> take(int count) {
    List<Integer> taken = new ArrayList<>();
    try (var consumer =
        new KafkaShareConsumer<>(
            Map.of(
                "bootstrap.servers", bootstrapServers,
                "group.id", group,
                "share.acknowledgement.mode", "explicit"),
            new StringDeserializer(),
            new StringDeserializer())) {
      consumer.subscribe(List.of(topic));
      long giveUp = System.nanoTime() + BOUND.toNanos();
      while (taken.size() < count && System.nanoTime() - giveUp < 0) {
        for (var record : consumer.poll(Duration.ofMillis(200))) {
          boolean wanted = taken.size() < count;
          if (wanted) {
            taken.add(Integer.parseInt(record.value()));
          }
          consumer.acknowledge(record, wanted ? AcknowledgeType.ACCEPT : AcknowledgeType.RELEASE);
        }
        consumer.commitSync();
      }
    }
    return taken;
  }
}
