package io.millrace.api.wake;

import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.db.loop.Loop;
import io.millrace.job.JobId;
import io.millrace.job.Topics;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.jspecify.annotations.Nullable;

/**
 * Follows the end of the events topic and tells those who wait what it names. Each process reads
 * all of it, in no group: nothing is committed, and what was missed, also while Kafka is away, is
 * found by the poll.
 */
final class EventFeed {

  private static final Duration POLL = Duration.ofMillis(500);
  private static final Duration KAFKA_CALL = Duration.ofSeconds(5);
  private static final Duration CLOSE = Duration.ofSeconds(1);

  /** While nobody waits, events are passed over in larger portions. */
  private static final Duration IDLE = Duration.ofMillis(50);

  /** Under load a poll costs more than what it brings. */
  private static final Duration PACE = Duration.ofMillis(5);

  private static final String TENANT = "millrace-tenant";
  private static final String TYPE = "ce_type";
  private static final int NO_TENANT = 0;
  private static final Duration NO_TOPIC = Duration.ofSeconds(1);
  private static final Duration RECHECK = Duration.ofSeconds(30);

  private final String bootstrapServers;
  private final List<EventListener> listeners;
  private final Loop loop;
  private volatile @Nullable KafkaConsumer<String, byte[]> consumer;
  private Set<TopicPartition> assigned = Set.of();
  private long checkedAt;

  EventFeed(String bootstrapServers, List<EventListener> listeners, MeterRegistry meters) {
    this.bootstrapServers = bootstrapServers;
    this.listeners = listeners;
    this.loop = new Loop("event-feed", meters, this::once);
  }

  void start() {
    loop.start();
  }

  /** Somebody waits: the next events are looked at without a rest. */
  void hurry() {
    loop.wake();
  }

  void stop(Duration bound) {
    var current = consumer;
    if (current != null) {
      current.wakeup();
    }
    // A consumer may be closed by its own thread only, until that has ended.
    if (loop.stop(bound)) {
      close();
    }
  }

  private Duration once() {
    try {
      return read(open());
    } catch (WakeupException stopping) {
      return Duration.ZERO;
    } catch (KafkaException failure) {
      // What a consumer still knows after an error differs by error; a new one knows nothing wrong.
      close();
      throw failure;
    }
  }

  private Duration read(KafkaConsumer<String, byte[]> open) {
    if (assigned.isEmpty() || System.nanoTime() - checkedAt > RECHECK.toNanos()) {
      assigned = assign(open, assigned);
      checkedAt = System.nanoTime();
    }
    if (assigned.isEmpty()) {
      return NO_TOPIC;
    }
    var events = open.poll(POLL);
    if (events.isEmpty()) {
      return Duration.ZERO;
    }
    var care = listeners.stream().filter(EventListener::cares).toList();
    if (care.isEmpty()) {
      return IDLE;
    }
    events.forEach(event -> tell(event, care));
    return PACE;
  }

  private static void tell(ConsumerRecord<String, byte[]> event, List<EventListener> listeners) {
    JobId id = event.key() == null ? null : JobId.parse(event.key()).orElse(null);
    if (id == null) {
      return;
    }
    String tenant = header(event, TENANT);
    int tenantId = tenant.matches("\\d{1,9}") ? Integer.parseInt(tenant) : NO_TENANT;
    String type = header(event, TYPE);
    listeners.forEach(listener -> listener.heard(id, tenantId, type));
  }

  private static String header(ConsumerRecord<String, byte[]> event, String name) {
    var header = event.headers().lastHeader(name);
    return header == null || header.value() == null
        ? ""
        : new String(header.value(), StandardCharsets.UTF_8);
  }

  /** All partitions that there are; new ones from their start, which is as new as they are. */
  private static Set<TopicPartition> assign(
      KafkaConsumer<String, byte[]> consumer, Set<TopicPartition> known) {
    List<PartitionInfo> found = consumer.partitionsFor(Topics.EVENTS, KAFKA_CALL);
    Set<TopicPartition> all =
        found.stream()
            .map(partition -> new TopicPartition(partition.topic(), partition.partition()))
            .collect(Collectors.toSet());
    if (all.equals(known)) {
      return known;
    }
    consumer.assign(all);
    Collection<TopicPartition> added =
        all.stream().filter(partition -> !known.contains(partition)).toList();
    if (known.isEmpty()) {
      consumer.seekToEnd(added);
    } else {
      consumer.seekToBeginning(added);
    }
    return all;
  }

  private KafkaConsumer<String, byte[]> open() {
    var current = consumer;
    if (current == null) {
      var properties = new Properties();
      properties.putAll(
          Map.of(
              ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers,
              ConsumerConfig.CLIENT_ID_CONFIG, "millrace-api-events",
              ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, "false",
              ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "latest",
              ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, "false",
              CommonClientConfigs.METADATA_RECOVERY_STRATEGY_CONFIG, "rebootstrap",
              // A broker that comes back is found at once, a line that went dead soon.
              ConsumerConfig.RECONNECT_BACKOFF_MAX_MS_CONFIG, "500",
              ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, "6000",
              ConsumerConfig.REQUEST_TIMEOUT_MS_CONFIG, "5000"));
      current =
          new KafkaConsumer<>(properties, new StringDeserializer(), new ByteArrayDeserializer());
      consumer = current;
    }
    return current;
  }

  private void close() {
    var current = consumer;
    consumer = null;
    assigned = Set.of();
    if (current != null) {
      current.close(CloseOptions.timeout(CLOSE));
    }
  }
}
