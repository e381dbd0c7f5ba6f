package io.millrace.worker.kafka;

import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.db.loop.Loop;
import io.millrace.job.Topics;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.config.ConfigResource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the topics where they are missing and sets the share group to start at the earliest record,
 * at start and again now and then: a Kafka that lost its data must not need a restart of ours.
 */
public final class Topology {

  private static final Logger log = LoggerFactory.getLogger(Topology.class);
  private static final Duration CHECK = Duration.ofSeconds(10);
  private static final Duration CLOSE = Duration.ofSeconds(1);
  private static final String HOUR = Long.toString(Duration.ofHours(1).toMillis());
  private static final String WEEK = Long.toString(Duration.ofDays(7).toMillis());

  private final Map<String, Object> adminProperties;
  private final KafkaSettings settings;
  private final Loop loop;
  private volatile boolean ready;

  Topology(Map<String, Object> adminProperties, KafkaSettings settings, MeterRegistry meters) {
    this.adminProperties = adminProperties;
    this.settings = settings;
    this.loop = new Loop("topics", meters, this::once);
  }

  public void start() {
    loop.start();
  }

  public void stop(Duration bound) {
    loop.stop(bound);
  }

  /** Looks at once: something on Kafka is not as it should be. */
  public void lookAgain() {
    loop.wake();
  }

  /** Whether Kafka answered when last asked, and has the topics. */
  public boolean isAnswering() {
    return ready && !loop.isFailing();
  }

  /** Time since Kafka last answered. */
  public Duration silence() {
    return loop.silence();
  }

  /** Whether the topics were there when last looked for. */
  public boolean isReady() {
    return ready;
  }

  private Duration once() throws InterruptedException {
    var admin = Admin.create(adminProperties);
    try {
      var present = admin.listTopics().names().get(10, TimeUnit.SECONDS);
      var missing = topics().stream().filter(topic -> !present.contains(topic.name())).toList();
      if (!missing.isEmpty()) {
        admin.createTopics(missing).all().get(10, TimeUnit.SECONDS);
        log.info("Topics made: {}", missing.stream().map(NewTopic::name).toList());
      }
      // Every time: whoever made the topics may have died before this.
      startAtEarliest(admin);
      ready = true;
      return CHECK;
    } catch (ExecutionException | TimeoutException failure) {
      if (failure.getCause() instanceof org.apache.kafka.common.errors.TopicExistsException) {
        return Duration.ofMillis(100);
      }
      throw new KafkaException("the topics could not be looked at or made", failure);
    } finally {
      // Its own close would wait for calls that nobody waits for any more.
      admin.close(CLOSE);
    }
  }

  private List<NewTopic> topics() {
    return List.of(
        topic(Topics.JOBS, HOUR), topic(Topics.EVENTS, WEEK), topic(Topics.DEAD_LETTER, "-1"));
  }

  private NewTopic topic(String name, String retention) {
    return new NewTopic(name, settings.partitions(), settings.replicationFactor())
        .configs(Map.of("retention.ms", retention));
  }

  private static void startAtEarliest(Admin admin)
      throws InterruptedException, ExecutionException, TimeoutException {
    var group = new ConfigResource(ConfigResource.Type.GROUP, Topics.WORKERS);
    var earliest =
        new AlterConfigOp(
            new ConfigEntry("share.auto.offset.reset", "earliest"), AlterConfigOp.OpType.SET);
    admin.incrementalAlterConfigs(Map.of(group, List.of(earliest))).all().get(10, TimeUnit.SECONDS);
  }
}
