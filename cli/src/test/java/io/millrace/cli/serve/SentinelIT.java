package io.millrace.cli.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.job.JobId;
import io.millrace.telemetry.Metric;
import io.millrace.testkit.KafkaExtension;
import io.millrace.testkit.PostgresExtension;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;

/**
 * What is secret is sent down every path, and then looked for wherever it must not be (P11); and
 * what was measured on the way is compared with the catalogue of metrics.
 */
class SentinelIT {

  @RegisterExtension static final PostgresExtension postgres = PostgresExtension.shared();
  @RegisterExtension static final KafkaExtension kafka = KafkaExtension.any();

  private static final String BATCHES = "/v1/messages/batches?backend=queue";
  private static final String PROMPT = "sentinel-prompt-8d1c";
  private static final String ANSWER = "sentinel-answer-52fe";
  private static final String CALLERS_KEY = "sentinel-callers-key-77ab";
  private static final String WRONG_KEY = "sentinel-wrong-key-90e4";
  private static final String CLAUDES_KEY = "sentinel-claudes-key-31c9";
  private static final String CREDENTIAL = "sentinel-credential-64d0";
  private static final String ENCRYPTION_KEY = "c2VudGluZWwtb2YtdGhlLWVuY3J5cHRpb24ta2V5LjE=";

  /** There only once something of the kind has happened, which nothing here brings about. */
  private static final Set<Metric> OCCASIONAL =
      Set.of(
          Metric.LIMITER_WAITS,
          Metric.LIMITER_GIVEN_BACK,
          Metric.LIMITER_REFUSED,
          Metric.LIMITER_SHADOWED,
          Metric.POOL_PAUSED,
          Metric.QUEUE_RELEASED,
          Metric.JOBS_ANNOUNCED,
          Metric.JOBS_REROUTED,
          Metric.RETENTION_DROPPED,
          Metric.RETENTION_DELETED,
          Metric.JOBS_ERASED,
          Metric.BATCHES_FAILURES);

  private static final Pattern FAMILY = Pattern.compile("# TYPE (millrace_\\w+) (\\w+)");
  private static final Pattern SAMPLE = Pattern.compile("^(millrace_\\w+)\\{([^}]*)\\} ");

  private static LogCapture log;
  private static QuotingClaude claude;
  private static Collector collector;
  private static ConfigurableApplicationContext context;
  private static final HttpClient client = HttpClient.newHttpClient();

  @BeforeAll
  static void takeEveryPathOnce() throws Exception {
    start();
    takeEveryPath();
  }

  private static void start() throws IOException {
    LogLevels.set(List.of());
    log = LogCapture.begin();
    claude = new QuotingClaude(ANSWER);
    collector = new Collector();
    context =
        new SpringApplicationBuilder(WholeStack.class)
            .registerShutdownHook(false)
            .properties("millrace.tracing.endpoint=" + collector.url())
            .properties("millrace.encryption.keys=k1:" + ENCRYPTION_KEY)
            .properties("millrace.retention.fetched=0s")
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
                    claude.url(),
                    "anthropic.api-key",
                    CLAUDES_KEY,
                    "server.port",
                    "0",
                    "server.address",
                    "127.0.0.1",
                    "millrace.api-keys",
                    "acme:" + CALLERS_KEY,
                    "millrace.limits.claude-slow.requests-per-minute",
                    "1"))
            .run();
  }

  @AfterAll
  static void stop() {
    context.close();
    claude.close();
    collector.close();
    client.close();
    log.close();
    System.clearProperty("org.springframework.boot.logging.LoggingSystem");
  }

  @Test
  void whatIsSecretReachesNoLogNoMetricAndNoEvent() throws Exception {
    String scrape = get("/actuator/prometheus").body();
    assertThat(log.lines()).as("log").isNotEmpty().noneMatch(SentinelIT::tells);
    assertThat(scrape.lines()).as("metrics").noneMatch(SentinelIT::tells);
    assertThat(get("/actuator/health").body()).as("health").matches(body -> !tells(body));
    assertThat(records()).as("Kafka").isNotEmpty().noneMatch(SentinelIT::tells);
    assertThat(Files.readString(postgres.postgres().log(), StandardCharsets.ISO_8859_1).lines())
        .as("PostgreSQL's log")
        .noneMatch(SentinelIT::tells);
    assertThat(log.lines())
        .as("ids of a job beside its lines")
        .anyMatch(line -> line.contains("job_id=job_"));
  }

  @Test
  void withKeysTheDatabaseHoldsNoneOfItEither() throws Exception {
    assertThat(tables()).as("tables").contains("request", "result", "delivery");
    for (String table : tables()) {
      assertThat(rowsOf(table))
          .as(table)
          .noneMatch(row -> row.contains(PROMPT) || row.contains(ANSWER));
    }
    assertThat(rowsOf("request")).as("what is sealed").isNotEmpty();
  }

  @Test
  void whatIsNotToBeKeptIsGoneOnceItWasFetched() throws Exception {
    var accepted =
        submit(body("Hello", "claude-haiku-5-5").replaceFirst("\\{", "{\"retention\":\"none\","));
    ends(accepted, "succeeded");
    String path = accepted.headers().firstValue("location").orElseThrow();

    await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> get(path).body().contains("\"message\":null"));

    String id = JobId.parse(path.replaceAll(".*/", "")).orElseThrow().uuid().toString();
    assertThat(rowsOf("job")).as("the job itself").anyMatch(row -> row.contains(id));
    assertThat(rowsOf("request")).noneMatch(row -> row.contains(id));
    assertThat(rowsOf("result")).noneMatch(row -> row.contains(id));
    assertThat(send(path + "/replay", CALLERS_KEY, "{}", null).statusCode()).isEqualTo(409);
  }

  @Test
  void oneTraceLeadsFromTheCallersRequestToTheRecordAndTellsNoSecret() throws Exception {
    String trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    var accepted =
        submit(body("Hello", "claude-haiku-5-5"), "00-" + trace + "-00f067aa0ba902b7-01");
    ends(accepted, "succeeded");

    Map<String, Collector.Span> spans =
        await()
            .atMost(Duration.ofSeconds(10))
            .until(
                () ->
                    collector.spans().stream()
                        .filter(span -> span.trace().equals(trace))
                        .collect(Collectors.toMap(Collector.Span::name, span -> span)),
                found -> found.size() == 5);

    var submit = spans.get("submit");
    var job = spans.get("job");
    assertThat(submit.service()).isEqualTo("millrace-api");
    assertThat(submit.parent()).isEqualTo("00f067aa0ba902b7");
    assertThat(submit.attributes()).containsEntry("http.response.status_code", "202");
    assertThat(job.service()).isEqualTo("millrace-worker");
    assertThat(job.parent()).isEqualTo(submit.id());
    assertThat(job.attributes())
        .containsEntry("millrace.job.id", submit.attributes().get("millrace.job.id"))
        .containsEntry("millrace.job.state", "succeeded");
    assertThat(List.of(spans.get("admission"), spans.get("call"), spans.get("record")))
        .extracting(Collector.Span::parent)
        .containsOnly(job.id());
    assertThat(spans.get("call").attributes())
        .containsEntry("millrace.attempt", "1")
        .containsEntry("millrace.outcome", "succeeded")
        .containsKeys("gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens");
    assertThat(collector.spans())
        .as("a failed call")
        .anyMatch(span -> span.attributes().containsKey("error.type"));
    assertThat(collector.raw()).as("spans").noneMatch(SentinelIT::tells);
  }

  @Test
  void theCatalogueOfMetricsIsWhatIsServed() throws Exception {
    for (int i = 0; i < 3; i++) {
      submit(body("Hold", "claude-slow"));
    }
    await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> get("/actuator/prometheus").body().contains("millrace_queue_depth{"));

    String scrape = get("/actuator/prometheus").body();

    var families =
        FAMILY
            .matcher(scrape)
            .results()
            .map(found -> found.group(1))
            .filter(name -> !name.endsWith("_max"))
            .collect(Collectors.toCollection(TreeSet::new));
    families.addAll(OCCASIONAL.stream().map(Metric::series).toList());
    assertThat(families)
        .isEqualTo(
            Stream.of(Metric.values())
                .map(Metric::series)
                .collect(Collectors.toCollection(TreeSet::new)));
    var labels = labels(scrape);
    for (Metric metric : Metric.values()) {
      var served = labels.get(metric.series());
      if (served != null) {
        assertThat(served).as(metric.series()).isEqualTo(new TreeSet<>(metric.tags()));
      }
    }
    assertThat(scrape).contains("hikaricp_connections_pending{", "jvm_memory_used_bytes{");
  }

  private static void takeEveryPath() throws Exception {
    ends(submit(body("Hello", "claude-haiku-5-5")), "succeeded");
    ends(submit(body("Hello", "claude-of-tomorrow")), "succeeded");
    ends(submit(body("please refuse", "claude-haiku-5-5")), "failed");
    ends(submit(body("please babble", "claude-haiku-5-5")), "failed");
    ends(submit(body("please break off", "claude-haiku-5-5")), "failed");
    ends(submit(body("please overload", "claude-haiku-5-5")), "failed");
    assertThat(
            submit(body("Hi", "m").replace("//example", "//user:" + CREDENTIAL + "@x"))
                .statusCode())
        .isEqualTo(400);
    assertThat(submit("{\"params\": \"" + PROMPT).statusCode()).isEqualTo(400);
    assertThat(submit("{\"" + PROMPT + "\": 1}").statusCode()).isEqualTo(400);
    assertThat(submit("{\"params\": {\"model\": [\"" + PROMPT + "\"]}}").statusCode())
        .isEqualTo(400);
    assertThat(submit("{\"params\":\"" + PROMPT.repeat(1 << 21) + "\"}").statusCode())
        .isEqualTo(413);
    assertThat(send("/v1/jobs", WRONG_KEY, body("Hi", "m"), null).statusCode()).isEqualTo(401);
    assertThat(send("/v1/" + PROMPT, CALLERS_KEY, null, null).statusCode()).isEqualTo(404);
    String key = "sentinel-idempotency";
    assertThat(send("/v1/jobs", CALLERS_KEY, body("One", "claude-haiku-5-5"), key).statusCode())
        .isEqualTo(202);
    assertThat(send("/v1/jobs", CALLERS_KEY, body("Two", "claude-haiku-5-5"), key).statusCode())
        .isEqualTo(409);
    batch();
    theStoreRefuses();
  }

  private static void batch() throws Exception {
    var accepted = send(BATCHES, CALLERS_KEY, batch("claude-haiku-5-5"), null);
    assertThat(accepted.statusCode()).as(accepted.body()).isEqualTo(200);
    String results =
        "/v1/messages/batches/"
            + accepted.body().replaceFirst(".*?\"id\":\"(\\w+)\".*", "$1")
            + "/results?partial=true";
    await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> get(results).body().contains("\"type\":\"succeeded\""));
    String broken = batch("m").replace("\"max_tokens\"", "\"" + PROMPT + "\"");
    assertThat(send(BATCHES, CALLERS_KEY, broken, null).statusCode()).isEqualTo(400);
    assertThat(send(BATCHES, CALLERS_KEY, batch("m").substring(20), null).statusCode())
        .isEqualTo(400);
  }

  private static String batch(String model) {
    return """
    {"requests":[{"custom_id":"a",
      "params":{"model":"%s","max_tokens":64,"messages":[{"role":"user","content":"Hello %s"}]}}]}
    """
        .formatted(model, PROMPT);
  }

  private static void theStoreRefuses() throws Exception {
    execute("alter table request add constraint small check (length(params) < 20) not valid");
    assertThat(submit(body("Hello", "claude-haiku-5-5")).statusCode()).isEqualTo(500);
    assertThat(send(BATCHES, CALLERS_KEY, batch("claude-haiku-5-5"), null).statusCode())
        .isEqualTo(500);
    execute("alter table request drop constraint small");
    execute("alter table result add constraint small check (length(body) < 20) not valid");
    var stuck = submit(body("Hello", "claude-haiku-5-5"));
    await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> log.lines().stream().anyMatch(line -> line.contains("cannot be stored")));
    execute("alter table result drop constraint small");
    assertThat(stuck.statusCode()).isEqualTo(202);
    try (var connection = postgres.postgres().connect(database());
        var statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      statement.execute("lock table request in access exclusive mode");
      assertThat(submit(body("Hello", "claude-haiku-5-5")).statusCode()).isEqualTo(503);
      connection.rollback();
    }
  }

  private static String database() {
    return postgres.jdbcUrl().replaceAll(".*/([^?]+).*", "$1");
  }

  private static void execute(String sql) throws SQLException {
    try (var connection = postgres.postgres().connect(database());
        var statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private static List<String> tables() throws SQLException {
    return query(
        "select relname from pg_class where relkind in ('r', 'p') and relnamespace = 'public'::regnamespace");
  }

  private static List<String> rowsOf(String table) throws SQLException {
    // Bytes are shown as text, as far as they are.
    return query("set bytea_output = 'escape'; select t::text from \"" + table + "\" t");
  }

  private static List<String> query(String sql) throws SQLException {
    try (var connection = postgres.postgres().connect(database());
        var statement = connection.createStatement()) {
      List<String> found = new ArrayList<>();
      statement.execute(sql);
      if (statement.getResultSet() == null) {
        statement.getMoreResults();
      }
      try (var rows = statement.getResultSet()) {
        while (rows.next()) {
          found.add(rows.getString(1));
        }
      }
      return found;
    }
  }

  private static String body(String prompt, String model) {
    return """
    {"params":{"model":"%s","max_tokens":64,"messages":[{"role":"user","content":"%s %s"}]},
     "max_attempts":1,"on_ambiguous":"fail",
     "webhook":{"url":"https://example.com/hook?token=%s"}}
    """
        .formatted(model, prompt, PROMPT, CREDENTIAL);
  }

  private static HttpResponse<String> submit(String body) throws Exception {
    return send("/v1/jobs", CALLERS_KEY, body, null);
  }

  private static HttpResponse<String> submit(String body, String traceParent) throws Exception {
    return client.send(
        request("/v1/jobs", CALLERS_KEY)
            .header("traceparent", traceParent)
            .header("content-type", "application/json")
            .POST(BodyPublishers.ofString(body))
            .build(),
        BodyHandlers.ofString());
  }

  private static HttpRequest.Builder request(String path, String key) {
    String port = context.getEnvironment().getRequiredProperty("local.server.port");
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
        .timeout(Duration.ofSeconds(60))
        .header("authorization", "Bearer " + key);
  }

  private static HttpResponse<String> get(String path) throws Exception {
    return send(path, CALLERS_KEY, null, null);
  }

  private static HttpResponse<String> send(String path, String key, String body, String idempotency)
      throws IOException, InterruptedException {
    var request = request(path, key);
    if (idempotency != null) {
      request.header("idempotency-key", idempotency);
    }
    if (body != null) {
      request.header("content-type", "application/json").POST(BodyPublishers.ofString(body));
    }
    return client.send(request.build(), BodyHandlers.ofString());
  }

  private static void ends(HttpResponse<String> accepted, String state) throws Exception {
    assertThat(accepted.statusCode()).as(accepted.body()).isEqualTo(202);
    String path = accepted.headers().firstValue("location").orElseThrow();
    var found = get(path + "?wait=30").body();
    assertThat(found).contains("\"status\":\"" + state + "\"");
  }

  private static boolean tells(String text) {
    return Stream.of(
            PROMPT, ANSWER, CALLERS_KEY, WRONG_KEY, CLAUDES_KEY, CREDENTIAL, ENCRYPTION_KEY)
        .anyMatch(text::contains);
  }

  private static List<String> records() {
    Map<String, Object> settings = Map.of("bootstrap.servers", kafka.bootstrapServers());
    try (var consumer =
        new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      var partitions =
          consumer.listTopics(Duration.ofSeconds(10)).values().stream()
              .flatMap(List::stream)
              .map(partition -> new TopicPartition(partition.topic(), partition.partition()))
              .toList();
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      var ends = consumer.endOffsets(partitions);
      List<String> all = new ArrayList<>();
      while (ends.entrySet().stream()
          .anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
        consumer.poll(Duration.ofMillis(500)).forEach(record -> all.add(text(record)));
      }
      return all;
    }
  }

  private static String text(ConsumerRecord<byte[], byte[]> record) {
    var text = new StringBuilder(latin(record.key())).append(latin(record.value()));
    for (Header header : record.headers()) {
      text.append(header.key()).append(latin(header.value()));
    }
    return text.toString();
  }

  private static String latin(byte[] bytes) {
    return bytes == null ? "" : new String(bytes, StandardCharsets.ISO_8859_1);
  }

  private static Map<String, Set<String>> labels(String scrape) {
    Map<String, Set<String>> labels = new TreeMap<>();
    for (String line : scrape.lines().toList()) {
      Matcher sample = SAMPLE.matcher(line);
      if (sample.find()) {
        String family = sample.group(1).replaceFirst("(?<=_seconds)_(bucket|count|sum|max)$", "");
        var keys = labels.computeIfAbsent(family, name -> new TreeSet<>());
        for (String pair : sample.group(2).split(",(?=\\w+=\")", -1)) {
          String label = pair.substring(0, pair.indexOf('='));
          if (!label.equals("le")) {
            keys.add(label);
          }
        }
      }
    }
    return labels;
  }
}
