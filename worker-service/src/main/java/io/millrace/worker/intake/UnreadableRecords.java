package io.millrace.worker.intake;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.failure.FailureCode;
import io.millrace.job.Topics;
import io.millrace.telemetry.Metric;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.kafka.KafkaException;
import org.springframework.kafka.core.KafkaTemplate;
import org.springframework.kafka.support.KafkaHeaders;

/**
 * Moves records that are no invitations to the dead-letter topic, as they are, so that they stop
 * nothing.
 */
final class UnreadableRecords {

  private static final Logger log = LoggerFactory.getLogger(UnreadableRecords.class);

  private final KafkaTemplate<String, byte[]> kafka;
  private final Counter setAside;

  UnreadableRecords(KafkaTemplate<String, byte[]> kafka, MeterRegistry meters) {
    this.kafka = kafka;
    this.setAside = meters.counter(Metric.INTAKE_UNREADABLE.meter());
  }

  /** Returns whether the record is safe on the dead-letter topic; bounded by three seconds. */
  boolean setAside(ConsumerRecord<String, byte[]> record) {
    var dead = new ProducerRecord<>(Topics.DEAD_LETTER, record.key(), record.value());
    record.headers().forEach(header -> dead.headers().add(header));
    dead.headers()
        .add(KafkaHeaders.DLT_ORIGINAL_TOPIC, text(record.topic()))
        .add(
            KafkaHeaders.DLT_ORIGINAL_PARTITION,
            ByteBuffer.allocate(Integer.BYTES).putInt(record.partition()).array())
        .add(
            KafkaHeaders.DLT_ORIGINAL_OFFSET,
            ByteBuffer.allocate(Long.BYTES).putLong(record.offset()).array())
        .add(
            KafkaHeaders.DLT_ORIGINAL_TIMESTAMP,
            ByteBuffer.allocate(Long.BYTES).putLong(record.timestamp()).array())
        .add(KafkaHeaders.DLT_EXCEPTION_MESSAGE, text(FailureCode.UNREADABLE_RECORD.description()))
        .add("millrace-failure-code", text(FailureCode.UNREADABLE_RECORD.wireName()));
    try {
      kafka.send(dead).get(3, TimeUnit.SECONDS);
      setAside.increment();
      log.warn(
          "The record at {}-{}@{} is no released job; it was moved to {}",
          record.topic(),
          record.partition(),
          record.offset(),
          Topics.DEAD_LETTER);
      return true;
    } catch (ExecutionException | TimeoutException | KafkaException failure) {
      return false;
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private static byte[] text(String value) {
    return value.getBytes(StandardCharsets.UTF_8);
  }
}
