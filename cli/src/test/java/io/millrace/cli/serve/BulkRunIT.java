package io.millrace.cli.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.cli.Main;
import io.millrace.simulator.Simulator;
import io.millrace.testkit.Invariants;
import io.millrace.testkit.KafkaExtension;
import io.millrace.testkit.PostgresExtension;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;

/** {@code ./millrace bulk run} as a process of its own, killed again and again. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class BulkRunIT {

  @RegisterExtension static final PostgresExtension postgres = PostgresExtension.shared();
  @RegisterExtension static final KafkaExtension kafka = KafkaExtension.any();

  private static final Duration BOUND = Duration.ofSeconds(60);
  private static final int ITEMS = 400;
  private static final String KEY = "a-key-of-acme";

  private static Simulator claude;
  private static ConfigurableApplicationContext context;

  @TempDir private Path directory;

  @BeforeAll
  static void start() {
    LogLevels.set(List.of());
    claude = Simulator.start();
    context =
        new SpringApplicationBuilder(WholeStack.class)
            .registerShutdownHook(false)
            .properties(
                Map.of(
                    "spring.datasource.url",
                    postgres.jdbcUrl(),
                    "spring.datasource.username",
                    postgres.username(),
                    "spring.datasource.password",
                    postgres.password(),
                    "spring.kafka.bootstrap-servers",
                    kafka.bootstrapServers(),
                    "anthropic.base-url",
                    claude.baseUri().toString(),
                    "anthropic.api-key",
                    "any",
                    "server.port",
                    "0",
                    "server.address",
                    "127.0.0.1",
                    "millrace.api-keys",
                    "acme:" + KEY,
                    // So slow that it can be interrupted.
                    "millrace.limits.haiku-5-5.requests-per-minute",
                    "1800"))
            .run();
  }

  @AfterAll
  static void stop() {
    context.close();
    claude.close();
    System.clearProperty("org.springframework.boot.logging.LoggingSystem");
  }

  @Test
  void interruptedThreeTimesItEndsWithEveryLineAnsweredOnce() throws Exception {
    Files.writeString(
        directory.resolve("p.jsonl"),
        IntStream.rangeClosed(1, ITEMS)
            .mapToObj(i -> "{\"prompt\":\"Number %d\"}\n".formatted(i))
            .collect(Collectors.joining()));

    for (int interruption = 0; interruption < 3; interruption++) {
      Process run = run();
      int enough = 1 + interruption * ITEMS / 8;
      await().atMost(BOUND).until(() -> answered().size() >= enough || !run.isAlive());
      // Ctrl-C's kind once, and what nobody can catch twice.
      if (interruption == 1) {
        run.destroy();
      } else {
        run.destroyForcibly();
      }
      assertThat(run.waitFor(1, TimeUnit.MINUTES)).isTrue();
      assertThat(run.exitValue()).as(said()).isEqualTo(interruption == 1 ? 4 : 137);
    }
    assertThat(answered()).hasSizeLessThan(ITEMS);
    Process last = run();
    assertThat(last.waitFor(3, TimeUnit.MINUTES)).isTrue();

    assertThat(last.exitValue()).as(said()).isZero();
    assertThat(said()).contains("Finished: 400 succeeded");
    assertThat(answered())
        .containsExactlyInAnyOrderElementsOf(
            IntStream.rangeClosed(1, ITEMS).mapToObj(i -> "line-" + i).toList());
    assertThat(claude.journal()).hasSize(ITEMS);
    assertThat(postgres.database().dsl().fetchValue("select count(*) from batch")).isEqualTo(1L);
    Invariants.hold(postgres.database());

    Process again = run();
    assertThat(again.waitFor(1, TimeUnit.MINUTES)).isTrue();
    assertThat(again.exitValue()).as(said()).isZero();
    assertThat(said()).contains("complete already");
  }

  private List<String> answered() {
    Path results = directory.resolve("r.jsonl");
    try {
      return Files.exists(results)
          ? Files.readString(results)
              .lines()
              .filter(line -> line.endsWith("}"))
              .map(line -> line.replaceFirst("\\{\"custom_id\":\"([\\w-]+)\".*", "$1"))
              .toList()
          : List.of();
    } catch (IOException unread) {
      throw new UncheckedIOException(unread);
    }
  }

  private String said() throws IOException {
    return Files.readString(directory.resolve("run.err"));
  }

  private Process run() throws IOException {
    var builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx256m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("java.class.path"),
            Main.class.getName(),
            "bulk",
            "run",
            "p.jsonl",
            "-o",
            "r.jsonl",
            "--backend",
            "queue");
    Map<String, String> environment = builder.environment();
    environment.keySet().removeIf(name -> name.matches("(ANTHROPIC|MILLRACE|SPRING)_.*"));
    environment.put(
        "MILLRACE_URL",
        "http://127.0.0.1:" + context.getEnvironment().getProperty("local.server.port"));
    environment.put("MILLRACE_API_KEY", KEY);
    return builder
        .directory(directory.toFile())
        .redirectOutput(directory.resolve("run.out").toFile())
        .redirectError(directory.resolve("run.err").toFile())
        .start();
  }
}
