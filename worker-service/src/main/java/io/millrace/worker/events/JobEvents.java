package io.millrace.worker.events;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.db.job.Settlement;
import io.millrace.db.loop.Loop;
import io.millrace.job.JobId;
import io.millrace.job.Topics;
import io.millrace.telemetry.Metric;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.springframework.kafka.KafkaException;
import org.springframework.kafka.core.KafkaTemplate;
import org.springframework.kafka.support.KafkaHeaders;

/**
 * Publishes what happened, after it was committed. Nobody ever waits for it: what finds the bounded
 * queue full, or Kafka away for longer than the producer's bound, is dropped and counted, since
 * every reader of these topics can ask PostgreSQL.
 */
public final class JobEvents {

  private final KafkaTemplate<String, byte[]> kafka;
  private final Clock clock;
  private final BlockingQueue<ProducerRecord<String, byte[]>> waiting =
      new ArrayBlockingQueue<>(50_000);
  private final Counter published;
  private final Counter dropped;
  private final Loop loop;

  public JobEvents(KafkaTemplate<String, byte[]> kafka, Clock clock, MeterRegistry meters) {
    this.kafka = kafka;
    this.clock = clock;
    this.published = meters.counter(Metric.EVENTS_PUBLISHED.meter());
    this.dropped = meters.counter(Metric.EVENTS_DROPPED.meter());
    this.loop = new Loop("events", meters, this::publishOne);
  }

  public void start() {
    loop.start();
  }

  /** Stops after what waits was handed to the producer, within the bound. */
  public void stop(Duration bound) {
    loop.stop(bound);
  }

  /** Tells that a job reached a final state; see {@code docs/events.md} for the form. */
  public void publish(JobEvent event) {
    byte[] json = CloudEvent.write(event, UUID.randomUUID(), clock.instant());
    var record = new ProducerRecord<>(Topics.EVENTS, event.id().toString(), json);
    header(record, "content-type", CloudEvent.CONTENT_TYPE);
    // For whoever looks for its own without reading what is inside.
    header(record, "ce_type", event.type());
    header(record, "millrace-tenant", Integer.toString(event.tenantId()));
    enqueue(record);
  }

  /** Puts a failed job on the dead-letter topic: what failed and why, never the request. */
  public void deadLetter(Settlement settlement, String code) {
    var job = settlement.job();
    int attempts = settlement.call() == null ? job.attempts() : settlement.call().no();
    String failureClass = CloudEvent.failureClass(code);
    String json =
        "{\"id\":\"%s\",\"type\":\"job\",\"status\":\"failed\",\"failure\":{\"code\":\"%s\",\"class\":\"%s\"},\"attempts\":%d}"
            .formatted(job.id(), code, failureClass, attempts);
    var record = record(Topics.DEAD_LETTER, job.id(), json);
    header(record, KafkaHeaders.DLT_ORIGINAL_TOPIC, Topics.JOBS);
    header(record, KafkaHeaders.DLT_EXCEPTION_MESSAGE, code);
    header(record, "millrace-failure-code", code);
    header(record, "millrace-failure-class", failureClass);
    header(record, "millrace-attempts", Integer.toString(attempts));
    header(record, "millrace-tenant", Integer.toString(job.tenantId()));
    enqueue(record);
  }

  private void enqueue(ProducerRecord<String, byte[]> record) {
    if (!waiting.offer(record)) {
      dropped.increment();
    }
  }

  private Duration publishOne() throws InterruptedException {
    var record = waiting.poll(200, TimeUnit.MILLISECONDS);
    while (record != null) {
      send(record);
      record = waiting.poll();
    }
    return Duration.ZERO;
  }

  private void send(ProducerRecord<String, byte[]> record) {
    try {
      var _ =
          kafka
              .send(record)
              .whenComplete((sent, failure) -> (failure == null ? published : dropped).increment());
    } catch (KafkaException failure) {
      dropped.increment();
    }
  }

  private static ProducerRecord<String, byte[]> record(String topic, JobId id, String json) {
    return new ProducerRecord<>(topic, id.toString(), json.getBytes(StandardCharsets.UTF_8));
  }

  private static void header(ProducerRecord<String, byte[]> record, String name, String value) {
    record.headers().add(name, value.getBytes(StandardCharsets.UTF_8));
  }
}
