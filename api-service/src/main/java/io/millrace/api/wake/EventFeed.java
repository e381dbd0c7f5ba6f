package io.millrace.api.wake;

import io.millrace.job.JobId;
import io.millrace.job.Topics;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows the end of the events topic and wakes who waits for a job that it names. Each process
 * reads all of it, in no group: nothing is committed, and what was missed is found by the poll.
 */
final class EventFeed implements Runnable {

  private static final Logger log = LoggerFactory.getLogger(EventFeed.class);
  private static final Duration POLL = Duration.ofMillis(500);
  private static final Duration KAFKA_CALL = Duration.ofSeconds(5);

  /** While nobody waits, events are passed over in larger portions. */
  private static final Duration IDLE = Duration.ofMillis(50);

  /** Under load a poll costs more than what it brings. */
  private static final Duration PACE = Duration.ofMillis(5);

  private static final Duration RETRY = Duration.ofSeconds(1);
  private static final Duration RECHECK = Duration.ofSeconds(30);

  private final String bootstrapServers;
  private final Waiters waiters;
  private volatile boolean stopped;
  private volatile long workedAt = System.nanoTime();

  EventFeed(String bootstrapServers, Waiters waiters) {
    this.bootstrapServers = bootstrapServers;
    this.waiters = waiters;
  }

  /** The {@link System#nanoTime} at which it last did its work. */
  long workedAt() {
    return workedAt;
  }

  /** Ends the run soon; the caller wakes its thread. */
  void stop() {
    stopped = true;
  }

  @Override
  public void run() {
    boolean reachable = true;
    while (!stopped) {
      try (var consumer = consumer()) {
        follow(consumer);
      } catch (KafkaException failure) {
        if (reachable && !(failure instanceof WakeupException)) {
          log.warn("events cannot be read, waiters rely on the poll: {}", failure.toString());
        }
        reachable = false;
        LockSupport.parkNanos(RETRY.toNanos());
      }
    }
  }

  private void follow(KafkaConsumer<String, byte[]> consumer) {
    Set<TopicPartition> assigned = Set.of();
    long checked = 0;
    while (!stopped) {
      if (assigned.isEmpty() || System.nanoTime() - checked > RECHECK.toNanos()) {
        assigned = assign(consumer, assigned);
        checked = System.nanoTime();
        workedAt = checked;
      }
      if (assigned.isEmpty()) {
        LockSupport.parkNanos(RETRY.toNanos());
        continue;
      }
      var events = consumer.poll(POLL);
      for (var event : events) {
        if (!waiters.isEmpty() && event.key() != null) {
          JobId.parse(event.key()).ifPresent(waiters::wake);
        }
      }
      if (!events.isEmpty()) {
        LockSupport.parkNanos(waiters.isEmpty() ? IDLE.toNanos() : PACE.toNanos());
      }
    }
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

  private KafkaConsumer<String, byte[]> consumer() {
    var properties = new Properties();
    properties.putAll(
        Map.of(
            ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers,
            ConsumerConfig.CLIENT_ID_CONFIG, "millrace-api-events",
            ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, "false",
            ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "latest",
            ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, "false",
            ConsumerConfig.RECONNECT_BACKOFF_MAX_MS_CONFIG, "5000",
            ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, "10000",
            ConsumerConfig.REQUEST_TIMEOUT_MS_CONFIG, "8000"));
    return new KafkaConsumer<>(properties, new StringDeserializer(), new ByteArrayDeserializer());
  }
}
