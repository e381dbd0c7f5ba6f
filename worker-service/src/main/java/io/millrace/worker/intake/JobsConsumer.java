package io.millrace.worker.intake;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.db.job.Claims;
import io.millrace.db.loop.Loop;
import io.millrace.job.ReleasedJob;
import io.millrace.job.Topics;
import io.millrace.telemetry.Metric;
import io.millrace.worker.intake.IntakeConfiguration.WorkerParts;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.consumer.AcknowledgeType;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.ShareConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.WakeupException;
import org.jspecify.annotations.Nullable;
import org.springframework.kafka.core.ShareConsumerFactory;

/**
 * Takes released jobs off Kafka and claims them, a polled batch at a time. A record is acknowledged
 * once its claim has committed, so that a call of ten minutes holds nothing up; a batch whose claim
 * failed is released to whoever polls next. Polls are paced as load grows: fewer, fuller batches
 * cost a third of the processor time.
 */
public final class JobsConsumer {

  private static final Duration POLL = Duration.ofMillis(300);
  private static final Duration NO_LEASE = Duration.ofMillis(100);
  private static final int BUSY_POLL = 16;
  private static final long BUSY_PACE_NANOS = Duration.ofMillis(20).toNanos();

  private final ShareConsumerFactory<String, byte[]> factory;
  private final Claims claims;
  private final WorkerParts parts;
  private final UnreadableRecords unreadable;
  private final UnheardClaims unheard;
  private final Loop loop;
  private final Counter polled;
  private final Counter claimed;
  private final Counter lost;
  private volatile @Nullable ShareConsumer<String, byte[]> consumer;
  private long polledAt;

  JobsConsumer(
      ShareConsumerFactory<String, byte[]> factory,
      Claims claims,
      WorkerParts parts,
      UnreadableRecords unreadable,
      MeterRegistry meters) {
    this.factory = factory;
    this.claims = claims;
    this.parts = parts;
    this.unreadable = unreadable;
    this.unheard = new UnheardClaims(claims, System::nanoTime);
    this.polled = meters.counter(Metric.INTAKE_RECORDS.meter());
    this.lost = meters.counter(Metric.INTAKE_UNHEARD.meter());
    this.claimed = meters.counter(Metric.INTAKE_CLAIMED.meter());
    this.loop = new Loop("intake", meters, this::once);
  }

  public void start() {
    loop.start();
  }

  /** Claims nothing more; records in hand go back to Kafka for the other workers. */
  public void stop(Duration bound) {
    var current = consumer;
    if (current != null) {
      current.wakeup();
    }
    // A consumer may be closed by its own thread only, until that has ended.
    if (loop.stop(bound)) {
      close();
    }
  }

  private Duration once() throws InterruptedException {
    var incarnation = parts.lease().incarnation();
    if (incarnation.isEmpty() || !parts.topology().isReady()) {
      return NO_LEASE;
    }
    long before = System.nanoTime();
    var won = unheard.won(incarnation.get());
    if (!won.isEmpty()) {
      claimed.increment(won.size());
      parts.executions().start(won, before);
    }
    int room = parts.slots().awaitRoom(POLL);
    if (room == 0) {
      return Duration.ZERO;
    }
    try {
      var open = open();
      var records = open.poll(POLL);
      if (!records.isEmpty()) {
        take(open, records, room, incarnation.get());
        pace(records.count());
      }
      polledAt = System.nanoTime();
    } catch (WakeupException stopping) {
      return Duration.ZERO;
    } catch (KafkaException failure) {
      // What a consumer still knows after an error differs by error; a new one knows nothing wrong.
      close();
      parts.topology().lookAgain();
      throw failure;
    }
    return Duration.ZERO;
  }

  private void take(
      ShareConsumer<String, byte[]> open,
      ConsumerRecords<String, byte[]> records,
      int room,
      UUID incarnation) {
    polled.increment(records.count());
    List<ConsumerRecord<String, byte[]>> readable = new ArrayList<>(records.count());
    List<ReleasedJob> invitations = new ArrayList<>(records.count());
    for (var record : records) {
      var invitation = read(record);
      if (invitation == null) {
        open.acknowledge(
            record, unreadable.setAside(record) ? AcknowledgeType.ACCEPT : AcknowledgeType.RELEASE);
      } else if (invitations.size() < room) {
        readable.add(record);
        invitations.add(invitation);
      } else {
        open.acknowledge(record, AcknowledgeType.RELEASE);
      }
    }
    claim(open, readable, invitations, incarnation);
    // Under load the next poll, which comes at once, takes the acknowledgements along.
    if (records.count() < BUSY_POLL || invitations.size() >= room) {
      open.commitAsync();
    }
  }

  private void claim(
      ShareConsumer<String, byte[]> open,
      List<ConsumerRecord<String, byte[]>> readable,
      List<ReleasedJob> invitations,
      UUID incarnation) {
    if (invitations.isEmpty()) {
      return;
    }
    long before = System.nanoTime();
    List<Claims.Claimed> won;
    try {
      won = claims.claim(incarnation, invitations, parts.executions().congested());
    } catch (RuntimeException failure) {
      unheard.add(invitations);
      lost.increment(invitations.size());
      readable.forEach(record -> open.acknowledge(record, AcknowledgeType.RELEASE));
      open.commitAsync();
      throw failure;
    }
    readable.forEach(record -> open.acknowledge(record, AcknowledgeType.ACCEPT));
    unheard.heard(won);
    claimed.increment(won.size());
    if (!won.isEmpty()) {
      parts.hops().claimed(won);
      parts.executions().start(won, before);
    }
  }

  private static @Nullable ReleasedJob read(ConsumerRecord<String, byte[]> record) {
    byte[] value = record.value();
    return value == null
        ? null
        : ReleasedJob.decode(new String(value, StandardCharsets.UTF_8)).orElse(null);
  }

  private void pace(int records) {
    if (records >= BUSY_POLL) {
      LockSupport.parkNanos(BUSY_PACE_NANOS - (System.nanoTime() - polledAt));
    }
  }

  private ShareConsumer<String, byte[]> open() {
    var current = consumer;
    if (current == null) {
      current = factory.createShareConsumer(Topics.WORKERS, "");
      current.subscribe(List.of(Topics.JOBS));
      consumer = current;
    }
    return current;
  }

  private void close() {
    var current = consumer;
    consumer = null;
    if (current != null) {
      current.close(Duration.ofSeconds(2));
    }
  }
}
