package io.millrace.api.inspect;

import static io.millrace.api.RunningApi.BODY;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.RunningApi;
import io.millrace.api.RunningApi.Answer;
import io.millrace.job.JobId;
import io.millrace.job.Topics;
import io.millrace.testkit.KafkaExtension;
import io.millrace.testkit.PostgresExtension;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class WakeIT {

  @RegisterExtension static final PostgresExtension postgres = PostgresExtension.shared();
  @RegisterExtension static final KafkaExtension kafka = KafkaExtension.any();

  @Test
  void anEventWakesWhoWaitsAndWithoutKafkaThePollDoes() throws Exception {
    Map<String, Object> address = Map.of("bootstrap.servers", kafka.bootstrapServers());
    try (var admin = Admin.create(address)) {
      admin.createTopics(List.of(new NewTopic(Topics.EVENTS, 3, (short) 1))).all().get();
    }
    try (var api =
            RunningApi.start(
                postgres, "spring.kafka.bootstrap-servers=" + kafka.bootstrapServers());
        var producer =
            new KafkaProducer<>(address, new StringSerializer(), new ByteArraySerializer())) {
      // The first rounds bring the consumer to the end of the topic; the best one shows the event.
      Duration best = Duration.ofDays(1);
      for (int round = 0; round < 12; round++) {
        Duration wait = waitFor(api, id -> producer.send(event(id)).get());
        best = wait.compareTo(best) < 0 ? wait : best;
      }
      assertThat(best).isLessThan(Duration.ofMillis(400));

      kafka.fixture().stop();
      assertThat(waitFor(api, id -> {})).isLessThan(Duration.ofSeconds(10));
    }
  }

  private interface Announcement {
    void send(String id) throws Exception;
  }

  /** How long after its job ended a waiter was answered. */
  private static Duration waitFor(RunningApi api, Announcement announcement) throws Exception {
    String id = api.post(BODY).text("id");
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      CompletableFuture<Answer> waiting =
          CompletableFuture.supplyAsync(() -> api.get("/v1/jobs/" + id + "?wait=30"), threads);
      // Whoever has not registered yet when the job ends finds it ended, which proves nothing but
      // harms nothing.
      assertThat(api.get("/v1/jobs/" + id).text("status")).isEqualTo("queued");
      api.execute(
          "update job set state = 'expired', finished_at = now() where id = '"
              + JobId.parse(id).orElseThrow().uuid()
              + "'");
      long ended = System.nanoTime();
      announcement.send(id);
      assertThat(waiting.get().text("status")).isEqualTo("expired");
      return Duration.ofNanos(System.nanoTime() - ended);
    }
  }

  private static ProducerRecord<String, byte[]> event(String id) {
    return new ProducerRecord<>(
        Topics.EVENTS, id, "{\"type\":\"job.expired\"}".getBytes(StandardCharsets.UTF_8));
  }
}
