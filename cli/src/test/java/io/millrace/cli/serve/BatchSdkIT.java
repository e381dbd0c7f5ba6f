package io.millrace.cli.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.anthropic.client.AnthropicClient;
import com.anthropic.client.okhttp.AnthropicOkHttpClient;
import com.anthropic.errors.BadRequestException;
import com.anthropic.errors.NotFoundException;
import com.anthropic.models.messages.batches.BatchCreateParams;
import com.anthropic.models.messages.batches.BatchListParams;
import com.anthropic.models.messages.batches.MessageBatch;
import com.anthropic.models.messages.batches.MessageBatch.ProcessingStatus;
import com.anthropic.models.messages.batches.MessageBatchIndividualResponse;
import com.anthropic.services.blocking.messages.BatchService;
import io.millrace.simulator.Simulator;
import io.millrace.testkit.Invariants;
import io.millrace.testkit.KafkaExtension;
import io.millrace.testkit.PostgresExtension;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;

/** The official SDKs, unchanged, against the whole of Millrace. */
class BatchSdkIT {

  @RegisterExtension static final PostgresExtension postgres = PostgresExtension.shared();
  @RegisterExtension static final KafkaExtension kafka = KafkaExtension.any();

  private static final Duration BOUND = Duration.ofSeconds(30);
  private static final String KEY = "a-key-of-acme";

  private static Simulator claude;
  private static ConfigurableApplicationContext context;
  private static AnthropicClient client;
  private static BatchService batches;

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
                    "millrace.limits.claude-slow.requests-per-minute",
                    "1"))
            // No deadline leaves room for a provider batch: all goes by the live queue.
            .properties("millrace.bulk.least-room=400d")
            .run();
    client = AnthropicOkHttpClient.builder().baseUrl(baseUrl()).apiKey(KEY).maxRetries(0).build();
    batches = client.messages().batches();
  }

  @AfterAll
  static void stop() {
    client.close();
    context.close();
    claude.close();
    System.clearProperty("org.springframework.boot.logging.LoggingSystem");
  }

  @AfterEach
  void invariantsHold() {
    Invariants.hold(postgres.database());
  }

  @Test
  void theJavaSdkCreatesPollsReadsAndDeletes() {
    MessageBatch created = batches.create(request("claude-haiku-5-5", "a", "b", "c")).validate();
    assertThat(created.processingStatus()).isEqualTo(ProcessingStatus.IN_PROGRESS);
    assertThat(created.requestCounts().processing()).isEqualTo(3);

    MessageBatch ended = awaitEnd(created.id());
    assertThat(ended.requestCounts().succeeded()).isEqualTo(3);
    assertThat(ended.resultsUrl().orElseThrow()).startsWith(baseUrl());
    Map<String, MessageBatchIndividualResponse> results = new HashMap<>();
    try (var lines = batches.resultsStreaming(created.id())) {
      lines.stream().forEach(line -> results.put(line.customId(), line.validate()));
    }
    assertThat(results).containsOnlyKeys("a", "b", "c");
    assertThat(results.get("b").result().asSucceeded().message().usage().outputTokens())
        .isPositive();

    assertThat(batches.delete(created.id()).validate().id()).isEqualTo(created.id());
    assertThatThrownBy(() -> batches.retrieve(created.id())).isInstanceOf(NotFoundException.class);
    await()
        .atMost(BOUND)
        .until(() ->
            postgres
                .database()
                .dsl()
                .fetchValue("select count(*) from batch where deleted_at is not null")
                .equals(0L));
  }

  @Test
  void theJavaSdkCancelsAndLists() {
    MessageBatch created = batches.create(request("claude-slow", "x", "y", "z"));
    assertThatThrownBy(() -> batches.delete(created.id())).isInstanceOf(BadRequestException.class);
    MessageBatch canceling = batches.cancel(created.id()).validate();
    assertThat(canceling.cancelInitiatedAt()).isPresent();

    MessageBatch ended = awaitEnd(created.id());
    assertThat(ended.requestCounts().canceled()).isGreaterThanOrEqualTo(2);
    MessageBatch second = batches.create(request("claude-haiku-5-5", "a"));
    List<String> listed = new ArrayList<>();
    batches
        .list(BatchListParams.builder().limit(1).build())
        .autoPager()
        .forEach(batch -> listed.add(batch.validate().id()));
    assertThat(listed).containsSubsequence(second.id(), created.id());
    awaitEnd(second.id());
  }

  @Test
  void theTypeScriptSdkDoesItAll(@TempDir Path scratch) throws Exception {
    String node = found("node");
    String npm = found("npm");
    for (String file : List.of("package.json", "package-lock.json", "batches.mjs")) {
      Files.copy(Path.of("src", "test", "sdk", file), scratch.resolve(file));
    }
    String installed =
        run(
            scratch,
            180,
            npm,
            "ci",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            "--fetch-timeout=30000");
    assumeTrue(
        Files.exists(scratch.resolve("node_modules/@anthropic-ai/sdk/package.json")),
        "npm could not fetch the SDK here, which was not run: " + installed);

    String said = run(scratch, 90, node, "batches.mjs", baseUrl(), KEY);

    assertThat(said.lines().toList().getLast())
        .isEqualTo(
            "{\"created\":\"in_progress\","
                + "\"counts\":{\"processing\":0,\"succeeded\":2,\"errored\":0,\"canceled\":0,\"expired\":0},"
                + "\"results\":{\"a\":\"message\",\"b\":\"message\"},"
                + "\"canceling\":\"canceling\",\"listed\":2,"
                + "\"early\":{\"status\":400,\"message\":\"requests.0.custom_id: String should match pattern '^[a-zA-Z0-9_-]{1,64}$'\"},"
                + "\"deleted\":\"message_batch_deleted\",\"gone\":404}");
  }

  private static MessageBatch awaitEnd(String id) {
    return await()
        .atMost(BOUND)
        .until(
            () -> batches.retrieve(id).validate(),
            batch -> batch.processingStatus().equals(ProcessingStatus.ENDED));
  }

  private static BatchCreateParams request(String model, String... customIds) {
    var params = BatchCreateParams.builder();
    for (String customId : customIds) {
      params.addRequest(
          BatchCreateParams.Request.builder()
              .customId(customId)
              .params(
                  BatchCreateParams.Request.Params.builder()
                      .model(model)
                      .maxTokens(64)
                      .addUserMessage("Hello " + customId)
                      .build())
              .build());
    }
    return params.build();
  }

  private static String baseUrl() {
    return "http://127.0.0.1:" + context.getEnvironment().getProperty("local.server.port");
  }

  /** What the command says, which may take that many seconds. */
  private static String run(Path directory, int seconds, String... command)
      throws IOException, InterruptedException {
    Path said = directory.resolve("said.txt");
    Process process =
        new ProcessBuilder(command)
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectOutput(said.toFile())
            .start();
    if (!process.waitFor(seconds, TimeUnit.SECONDS)) {
      process.destroyForcibly();
    }
    return Files.readString(said);
  }

  private static String found(String command) {
    Optional<Path> path =
        Stream.of(System.getenv("PATH").split(File.pathSeparator, -1))
            .map(directory -> Path.of(directory, command))
            .filter(Files::isExecutable)
            .findFirst();
    assumeTrue(path.isPresent(), "there is no " + command + " here: the SDK was not run");
    return path.orElseThrow().toString();
  }
}
