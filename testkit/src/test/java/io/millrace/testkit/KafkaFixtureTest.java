package io.millrace.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.AcknowledgeType;
import org.apache.kafka.clients.consumer.KafkaShareConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** The contract of a broker for tests, kept by every kind of it that this machine can run. */
class KafkaFixtureTest {

  private static final Duration BOUND = Duration.ofSeconds(30);
  private static final String TOPIC = "contract";
  private static final String GROUP = "contract-group";

  private interface Kind {
    Optional<KafkaFixture> start();
  }

  private interface Clause {
    void check(KafkaFixture kafka) throws Exception;
  }

  private static final Map<String, Kind> KINDS =
      Map.of(
          "container", ContainerKafkaFixture::startIfPossible,
          "embedded", () -> Optional.of(EmbeddedKafkaFixture.start()),
          "process", () -> Optional.of(ProcessKafkaFixture.start()));

  @TestFactory
  Stream<DynamicTest> everyKindKeepsTheContract() {
    return KINDS.entrySet().stream()
        .flatMap(
            kind -> kind.getValue().start().stream().map(kafka -> contract(kind.getKey(), kafka)))
        .flatMap(clauses -> clauses);
  }

  // Of one broker, in this order: each goes on where the one before it ended.
  private static Stream<DynamicTest> contract(String kind, KafkaFixture kafka) {
    return Stream.of(
        clause(kind, "topicsAreMadeOnPurposeOnly", kafka, KafkaFixtureTest::refusesUnknownTopics),
        clause(
            kind, "aShareGroupStartsAtTheEarliestRecord", kafka, KafkaFixtureTest::startsEarliest),
        clause(kind, "recordsOutliveAStop", kafka, k -> outlives(k, k::stop, 40, 60)),
        clause(kind, "recordsOutliveAKill", kafka, k -> outlives(k, k::kill, 60, 80)),
        clause(kind, "aClosedBrokerIsGone", kafka, KafkaFixtureTest::closes));
  }

  private static DynamicTest clause(String kind, String name, KafkaFixture kafka, Clause clause) {
    return DynamicTest.dynamicTest(kind + ": " + name, () -> clause.check(kafka));
  }

  private static void refusesUnknownTopics(KafkaFixture kafka) {
    try (Admin admin = admin(kafka)) {
      assertThatThrownBy(
              () -> admin.describeTopics(List.of("nobody-made-this")).allTopicNames().get())
          .isInstanceOf(ExecutionException.class)
          .hasCauseInstanceOf(UnknownTopicOrPartitionException.class);
    }
  }

  private static void startsEarliest(KafkaFixture kafka) throws Exception {
    try (Admin admin = admin(kafka)) {
      admin.createTopics(List.of(new NewTopic(TOPIC, 3, (short) 1))).all().get();
      var earliest =
          new AlterConfigOp(
              new ConfigEntry("share.auto.offset.reset", "earliest"), AlterConfigOp.OpType.SET);
      admin
          .incrementalAlterConfigs(
              Map.of(new ConfigResource(ConfigResource.Type.GROUP, GROUP), List.of(earliest)))
          .all()
          .get();
    }
    produce(kafka, 0, 40);
    assertThat(take(kafka, 20)).doesNotHaveDuplicates();
  }

  private static void outlives(KafkaFixture kafka, Runnable end, int from, int to)
      throws Exception {
    String address = kafka.bootstrapServers();
    produce(kafka, from, to);
    end.run();
    kafka.restart();
    assertThat(kafka.bootstrapServers()).isEqualTo(address);
    assertThat(take(kafka, 20)).hasSize(20).doesNotHaveDuplicates();
  }

  private static void closes(KafkaFixture kafka) {
    kafka.close();
    Map<String, Object> hasty =
        Map.of(
            "bootstrap.servers", kafka.bootstrapServers(),
            "request.timeout.ms", 1_000,
            "default.api.timeout.ms", 1_000);
    try (Admin admin = Admin.create(hasty)) {
      assertThatThrownBy(() -> admin.describeCluster().nodes().get())
          .isInstanceOf(ExecutionException.class);
    }
  }

  private static Admin admin(KafkaFixture kafka) {
    return Admin.create(Map.of("bootstrap.servers", kafka.bootstrapServers()));
  }

  private static void produce(KafkaFixture kafka, int from, int to) throws Exception {
    try (var producer =
        new KafkaProducer<String, String>(
            Map.of("bootstrap.servers", kafka.bootstrapServers(), "acks", "all"),
            new StringSerializer(),
            new StringSerializer())) {
      var sent =
          IntStream.range(from, to)
              .mapToObj(i -> producer.send(new ProducerRecord<>(TOPIC, Integer.toString(i))))
              .toList();
      for (var one : sent) {
        one.get();
      }
    }
  }

  /** Takes so many records and releases what else it was handed. */
  private static List<String> take(KafkaFixture kafka, int count) {
    List<String> taken = new ArrayList<>();
    try (var consumer =
        new KafkaShareConsumer<>(
            Map.of(
                "bootstrap.servers",
                kafka.bootstrapServers(),
                "group.id",
                GROUP,
                "share.acknowledgement.mode",
                "explicit"),
            new StringDeserializer(),
            new StringDeserializer())) {
      consumer.subscribe(List.of(TOPIC));
      long giveUp = System.nanoTime() + BOUND.toNanos();
      while (taken.size() < count && System.nanoTime() - giveUp < 0) {
        for (var record : consumer.poll(Duration.ofMillis(200))) {
          boolean wanted = taken.size() < count;
          if (wanted) {
            taken.add(record.value());
          }
          consumer.acknowledge(record, wanted ? AcknowledgeType.ACCEPT : AcknowledgeType.RELEASE);
        }
        consumer.commitSync();
      }
    }
    return taken;
  }
}
