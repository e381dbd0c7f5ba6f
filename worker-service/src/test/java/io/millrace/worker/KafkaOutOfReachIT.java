package io.millrace.worker;

import static io.millrace.testkit.JobFixture.job;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.embedded.EmbeddedKafka;
import io.millrace.job.JobId;
import io.millrace.simulator.Simulator;
import io.millrace.testkit.FaultyLine;
import io.millrace.testkit.Invariants;
import io.millrace.testkit.PostgresExtension;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** What befalls a Kafka that no fixture can do: it forgets everything, or its line goes dead. */
class KafkaOutOfReachIT {

  @RegisterExtension final PostgresExtension postgres = PostgresExtension.shared();

  @AfterEach
  void invariantsHold() {
    Invariants.hold(postgres.database());
  }

  @Test
  void aKafkaThatLostItsDataGetsItsTopicsAgain(@TempDir Path data) throws IOException {
    try (var kafka = EmbeddedKafka.builder().dataDirectory(data).start();
        var claude = Simulator.start();
        var _ = TestWorker.start(postgres, kafka.bootstrapServers(), claude.baseUri())) {
      var accepted = new ArrayList<>(job().submit(postgres.database(), 20));
      awaitFinal(accepted);

      kafka.stop();
      delete(data.resolve("log"));
      accepted.addAll(job().submit(postgres.database(), 20));
      kafka.restart();

      awaitFinal(accepted);
      everyJobWasCalledOnce(claude, accepted);
    }
  }

  @Test
  void aLineToKafkaThatGoesDeadIsReplaced() throws IOException {
    int port = freePort();
    var line = new FaultyLine(port);
    // Named in the order that lets the line end before the broker, which hangs on it too.
    try (var kafka =
            EmbeddedKafka.builder()
                .port(port)
                .setting("advertised.listeners", "PLAINTEXT://127.0.0.1:" + line.port())
                .start();
        line;
        var claude = Simulator.start();
        var _ = TestWorker.start(postgres, "127.0.0.1:" + line.port(), claude.baseUri())) {
      assertThat(kafka.port()).isEqualTo(port);
      var accepted = new ArrayList<>(job().submit(postgres.database(), 20));
      awaitFinal(accepted);

      line.cut();
      accepted.addAll(job().submit(postgres.database(), 20));

      awaitFinal(accepted);
      everyJobWasCalledOnce(claude, accepted);
    }
  }

  private void awaitFinal(List<JobId> accepted) {
    new Jobs(postgres.database()).awaitFinal(accepted, Duration.ofSeconds(60));
  }

  private void everyJobWasCalledOnce(Simulator claude, List<JobId> accepted) {
    assertThat(claude.stats().received()).isEqualTo(accepted.size());
    assertThat(new Jobs(postgres.database()).count("job where state = 'succeeded'"))
        .isEqualTo(accepted.size());
  }

  private static int freePort() throws IOException {
    try (var socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  private static void delete(Path directory) throws IOException {
    try (var files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
