package io.millrace.cli.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.cli.Main;
import io.millrace.model.ModelCatalogue;
import io.millrace.money.CallMode;
import io.millrace.money.Pricing.Priced;
import io.millrace.money.Usage;
import io.millrace.simulator.Simulator;
import io.millrace.simulator.batch.BatchItem;
import io.millrace.simulator.batch.ItemOutcome;
import io.millrace.testkit.Invariants;
import io.millrace.testkit.KafkaExtension;
import io.millrace.testkit.PostgresExtension;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;

/** {@code ./millrace bulk run} as a process of its own, against the whole of Millrace. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class BulkRunIT {

  @RegisterExtension static final PostgresExtension postgres = PostgresExtension.shared();
  @RegisterExtension static final KafkaExtension kafka = KafkaExtension.any();

  private static final Duration BOUND = Duration.ofSeconds(60);
  private static final int ITEMS = 400;
  private static final int BATCHED = 60;
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
            .properties("millrace.batches.max-wait=1s", "millrace.batches.poll-interval=1s")
            .properties("millrace.batches.max-items=40")
            .run();
  }

  @AfterAll
  static void stop() {
    context.close();
    claude.close();
    System.clearProperty("org.springframework.boot.logging.LoggingSystem");
  }

  @AfterEach
  void invariantsHold() {
    Invariants.hold(postgres.database());
    claude.reset();
  }

  @Test
  void interruptedThreeTimesItEndsWithEveryLineAnsweredOnce() throws Exception {
    writePrompts(ITEMS);

    for (int interruption = 0; interruption < 3; interruption++) {
      Process run = run("queue");
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
    Process last = run("queue");
    assertThat(last.waitFor(3, TimeUnit.MINUTES)).isTrue();

    assertThat(last.exitValue()).as(said()).isZero();
    assertThat(said()).contains("Finished: 400 succeeded");
    assertThat(answered()).containsExactlyInAnyOrderElementsOf(lines(ITEMS));
    assertThat(claude.journal()).hasSize(ITEMS);
    assertThat(
            postgres
                .database()
                .dsl()
                .fetchValue("select count(*) from batch where backend = 'queue'"))
        .isEqualTo(1L);

    Process again = run("queue");
    assertThat(again.waitFor(1, TimeUnit.MINUTES)).isTrue();
    assertThat(again.exitValue()).as(said()).isZero();
    assertThat(said()).contains("complete already");
  }

  @Test
  void byProviderBatchesEveryLineIsAnsweredOnceAtHalfThePrice() throws Exception {
    writePrompts(BATCHED);

    Process run = run("batch");
    assertThat(run.waitFor(1, TimeUnit.MINUTES)).isTrue();

    assertThat(run.exitValue()).as(said()).isZero();
    assertThat(answered()).containsExactlyInAnyOrderElementsOf(lines(BATCHED));
    var items = claude.batchItems();
    assertThat(claude.batches()).hasSizeGreaterThan(1);
    assertThat(items).hasSize(BATCHED).allMatch(item -> item.outcome() == ItemOutcome.SUCCEEDED);
    assertThat(items.stream().map(BatchItem::customId))
        .containsExactlyInAnyOrderElementsOf(ofEach("job_id"));
    BigDecimal half =
        items.stream()
            .map(item -> priced(item, CallMode.SINGLE))
            .reduce(BigDecimal.ZERO, BigDecimal::add)
            .divide(BigDecimal.TWO);
    assertThat(half).isPositive();
    assertThat(
            ofEach("cost").stream().map(BigDecimal::new).reduce(BigDecimal.ZERO, BigDecimal::add))
        .isEqualByComparingTo(half);
    assertThat(
            postgres
                .database()
                .dsl()
                .fetchSingle("select amount from batch where backend = 'batch'")
                .get(0, BigDecimal.class))
        .isEqualByComparingTo(half);
  }

  private static BigDecimal priced(BatchItem item, CallMode mode) {
    var usage = Usage.of(item.usage().inputTokens(), item.usage().outputTokens());
    var price = ModelCatalogue.bundled().price("claude-haiku-5-5", usage, Instant.now(), mode);
    return ((Priced) price).cost().amount();
  }

  private void writePrompts(int count) throws IOException {
    Files.writeString(
        directory.resolve("p.jsonl"),
        IntStream.rangeClosed(1, count)
            .mapToObj(i -> "{\"prompt\":\"Number %d\"}\n".formatted(i))
            .collect(Collectors.joining()));
  }

  private static List<String> lines(int count) {
    return IntStream.rangeClosed(1, count).mapToObj(i -> "line-" + i).toList();
  }

  /** What each line of the results says of that. */
  private List<String> ofEach(String field) throws IOException {
    var value = Pattern.compile("\"%s\":\"([^\"]+)\"".formatted(field));
    return Files.readString(directory.resolve("r.jsonl"))
        .lines()
        .map(line -> value.matcher(line).results().toList().getLast().group(1))
        .toList();
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

  private Process run(String backend) throws IOException {
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
            backend);
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
