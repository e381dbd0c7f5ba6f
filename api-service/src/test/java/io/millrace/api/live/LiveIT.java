package io.millrace.api.live;

import static io.millrace.api.RunningApi.BODY;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.RunningApi;
import io.millrace.api.RunningApi.Answer;
import io.millrace.api.live.EventReader.Event;
import io.millrace.db.tenant.ApiKeys;
import io.millrace.db.tenant.ApiKeys.Role;
import io.millrace.db.tenant.KeySecret;
import io.millrace.db.tenant.Tenants;
import io.millrace.job.JobId;
import io.millrace.job.Topics;
import io.millrace.testkit.KafkaExtension;
import io.millrace.testkit.PostgresExtension;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who waits for jobs, by a stream or by a request that is held, hears of them. */
class LiveIT {

  @RegisterExtension static final PostgresExtension postgres = PostgresExtension.shared();
  @RegisterExtension static final KafkaExtension kafka = KafkaExtension.any();

  private static final String INSERT_ENDED =
      """
      insert into job (id, tenant_id, state, lane, pool, model, created_at, due_at, expires_at, expires_defaulted,
        max_attempts, timeout_seconds, retry_ambiguous, params_bytes, estimated_input, max_output, finished_at, feature)
      select gen_random_uuid(), t.id, 'succeeded', 'standard', 'p', 'm', now(), now(), now(), true, 6, 60, true, 1, 1, 1,
        now(), '%s'
      from tenant t, generate_series(1, %d) where t.name = 'acme'
      """;

  private static final int STREAMS = 60;

  private static RunningApi api;
  private static KafkaProducer<String, byte[]> producer;

  @BeforeAll
  static void start() throws Exception {
    Map<String, Object> address = Map.of("bootstrap.servers", kafka.bootstrapServers());
    try (var admin = Admin.create(address)) {
      admin.createTopics(List.of(new NewTopic(Topics.EVENTS, 3, (short) 1))).all().get();
    }
    producer = new KafkaProducer<>(address, new StringSerializer(), new ByteArraySerializer());
    api =
        RunningApi.start(
            postgres,
            "spring.kafka.bootstrap-servers=" + kafka.bootstrapServers(),
            "millrace.streams.keep-alive=1s",
            "millrace.streams.per-tenant=" + STREAMS,
            "millrace.streams.buffer=500");
  }

  @AfterAll
  static void stop() {
    api.close();
    producer.close(Duration.ZERO);
  }

  @Test
  void aJobsStreamTellsEachStateAndEndsWithTheJob() throws Exception {
    String id = api.post(BODY).text("id");
    String path = "/v1/jobs/" + id + "/events";
    try (var stream = EventReader.open(api, path, "")) {
      assertThat(stream.header("content-type")).startsWith("text/event-stream");
      assertThat(stream.header("cache-control")).contains("no-cache");
      assertThat(stream.header("x-accel-buffering")).isEqualTo("no");
      assertThat(stream.next().type()).isEqualTo("job.queued");

      update(id, "state = 'running', worker_id = gen_random_uuid(), claim_no = 1");
      var running = stream.next();
      assertThat(running.type()).isEqualTo("job.running");

      finish(id, "failed");
      var failed = stream.next();
      assertThat(failed.type()).isEqualTo("job.failed");
      assertThat(failed.json().path("failure").path("class").asString()).isEqualTo("permanent");
      assertThat(failed.data()).doesNotContain("Hi");
      assertThat(stream.next()).as("after its final event").isNull();

      try (var again = EventReader.open(api, path, running.id())) {
        assertThat(again.next()).isEqualTo(failed);
        assertThat(again.next()).isNull();
      }
      try (var known = EventReader.open(api, path, failed.id())) {
        assertThat(known.status()).as("nothing to come back for").isEqualTo(204);
      }
    }
    assertThat(api.get("/v1/jobs/job_00000000000000000000000000/events").status()).isEqualTo(404);
    assertThat(api.sendAs("rival-key", path, r -> r).text("error", "type"))
        .isEqualTo("not_found_error");
    assertThat(api.send(path, r -> r.method("HEAD", BodyPublishers.noBody())).status())
        .isEqualTo(200);
  }

  @Test
  void aStreamEndsWithTheKeyThatOpenedIt() throws Exception {
    var secret = KeySecret.create(new SecureRandom());
    var keys = new ApiKeys(postgres.database());
    int tenant = new Tenants(postgres.database()).ensure("acme");
    var key = keys.create(tenant, Role.TENANT, secret, null);
    try (var stream = EventReader.openAs(secret.text(), api, "/v1/events", "");
        var other = EventReader.open(api, "/v1/events", "")) {
      keys.revoke(key);

      var end = stream.next(Duration.ofSeconds(20));
      assertThat(end.type()).isEqualTo("stream.ended");
      assertThat(end.json().path("reason").asString()).isEqualTo("key_revoked");
      assertThat(stream.next()).as("after its end").isNull();
      assertThat(EventReader.openAs(secret.text(), api, "/v1/events", "").status()).isEqualTo(401);
      assertThat(other.poll(Duration.ZERO)).as("another key's stream goes on").isNull();
    }
  }

  @Test
  void aTenantsStreamTellsWhatItsFilterLeavesAndNothingOfOthers() throws Exception {
    try (var all = EventReader.open(api, "/v1/events", "");
        var some = EventReader.open(api, "/v1/events?feature=wanted&types=job.expired", "");
        var rivals = EventReader.openAs("rival-key", api, "/v1/events", "")) {
      String other = api.post(BODY).text("id");
      String failed = api.post("{\"feature\":\"wanted\"," + BODY.substring(1)).text("id");
      String expired = api.post("{\"feature\":\"wanted\"," + BODY.substring(1)).text("id");
      finish(other, "canceled");
      finish(failed, "failed");
      finish(expired, "expired");

      assertThat(jobs(all, 3)).containsExactlyInAnyOrder(other, failed, expired);
      assertThat(some.next().job()).isEqualTo(expired);
      assertThat(rivals.poll(Duration.ofMillis(1500))).isNull();
      assertThat(rivals.comments()).isPositive();
      assertThat(some.poll(Duration.ZERO)).isNull();

      update(failed, "state = 'queued', finished_at = null, failure_code = null, series = 2");
      announce(failed, "job.queued");
      var queued = all.next();
      assertThat(queued.type()).isEqualTo("job.queued");
      assertThat(queued.id()).isEmpty();
    }
    for (String wrong : List.of("types=job.running", "types=", "last_event_id=x", "lane=fast")) {
      assertThat(api.get("/v1/events?" + wrong).status()).as(wrong).isEqualTo(400);
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 20260})
  void whoComesBackAfterACutMissesNothing(long seed) throws Exception {
    var random = new Random(seed);
    String feature = "cuts" + seed;
    String path = "/v1/events?feature=" + feature;
    Set<String> seen = new HashSet<>();
    Set<String> ids = new HashSet<>();

    var reader = EventReader.open(api, path, "");
    until(() -> !reader.lastId().isEmpty());

    var writing = CompletableFuture.runAsync(() -> endJobsOutOfOrder(feature, random.nextLong()));
    EventReader current = reader;
    int cuts = 0;
    long all = Long.MAX_VALUE;
    while (seen.size() < all) {
      if (all == Long.MAX_VALUE && writing.isDone()) {
        all = api.number(count(feature));
      }
      Event event = current.poll(Duration.ofMillis(random.nextInt(200)));
      if (event != null && event.type().equals("stream.ended")) {
        throw new AssertionError(event.data());
      }
      if (event != null) {
        seen.add(event.job());
        ids.add(event.id());
      }
      if (random.nextInt(12) == 0 && cuts < 40) {
        String last = current.lastId();
        // What came after that is lost with the connection, as far as this client knows.
        current.close();
        cuts++;
        current = EventReader.open(api, path, last);
        assertThat(current.status()).isEqualTo(200);
      }
    }
    writing.get();
    current.close();
    assertThat(seen).as("seed " + seed).hasSize((int) all);
    assertThat(ids).as("an event keeps its id").hasSameSizeAs(seen);
  }

  private static void until(BooleanSupplier condition) {
    long deadline = System.nanoTime() + Duration.ofSeconds(10).toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("it did not come to be").isLessThan(deadline);
      LockSupport.parkNanos(5_000_000);
    }
  }

  /** Three sessions that commit what ended up to a second before, several jobs at once. */
  private static void endJobsOutOfOrder(String feature, long seed) {
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int session = 0; session < 3; session++) {
        var random = new Random(seed + session);
        threads.execute(() -> {
          try (Connection connection = api.connect();
              var statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            for (int i = 0; i < 8; i++) {
              statement.execute(INSERT_ENDED.formatted(feature, 1 + random.nextInt(40)));
              LockSupport.parkNanos(random.nextLong(800_000_000));
              connection.commit();
            }
          } catch (SQLException failure) {
            throw new IllegalStateException(failure);
          }
        });
      }
    }
  }

  private static String count(String feature) {
    return "select count(*) from job where feature = '" + feature + "'";
  }

  @Test
  void aClientThatDoesNotReadIsCutAndGoesOnFromWhereItWas() throws Exception {
    String path = "/v1/events?feature=flood";
    try (var slow = EventReader.openUnread(api, path)) {
      assertThat(slow.status()).isEqualTo(200);
      until(() -> metric("millrace_streams{kind=\"tenant\"") >= 1);
      double before = metric("millrace_streams_cut_total{reason=\"slow_reader\"");
      for (int i = 0; i < 40 && cut() == before; i++) {
        api.execute(INSERT_ENDED.formatted("flood", 400));
        LockSupport.parkNanos(50_000_000);
      }
      slow.read();
      Set<String> seen = new HashSet<>();
      Event event = slow.next();
      while (event.type().startsWith("job.")) {
        seen.add(event.job());
        event = slow.next();
      }
      assertThat(event.type()).isEqualTo("stream.ended");
      assertThat(event.json().path("reason").asString()).isEqualTo("slow_reader");
      assertThat(slow.next()).isNull();
      assertThat(cut()).isEqualTo(before + 1);

      try (var again = EventReader.open(api, path, slow.lastId())) {
        long all = api.number(count("flood"));
        while (seen.size() < all) {
          seen.add(again.next().job());
        }
      }
    }
  }

  @Test
  void aTenantHasSoManyStreamsAndNoMore() throws Exception {
    List<EventReader> open = new ArrayList<>();
    // A client that is gone is noticed with the next sign of life.
    until(() -> metric("millrace_streams{") == 0);
    try {
      for (int i = 0; i < STREAMS; i++) {
        open.add(EventReader.open(api, "/v1/events", ""));
        assertThat(open.getLast().status()).isEqualTo(200);
      }
      Answer refused = api.get("/v1/events");
      assertThat(refused.status()).isEqualTo(429);
      assertThat(refused.text("error", "type")).isEqualTo("rate_limit_error");
      assertThat(refused.header("retry-after")).isNotNull();
      try (var rival = EventReader.openAs("rival-key", api, "/v1/events", "")) {
        assertThat(rival.status()).isEqualTo(200);
      }
    } finally {
      for (EventReader reader : open) {
        reader.close();
      }
    }
    until(() -> metric("millrace_streams{") == 0);
  }

  @Test
  void anEventWakesWhoWaitsAndWithoutKafkaThePollDoes() throws Exception {
    // The first rounds bring the consumer to the end of the topic; the best one shows the event.
    Duration best = Duration.ofDays(1);
    Duration bestStream = Duration.ofDays(1);
    for (int round = 0; round < 12; round++) {
      best = min(best, waitFor(true));
      bestStream = min(bestStream, streamFor(true));
    }
    assertThat(best).isLessThan(Duration.ofMillis(400));
    assertThat(bestStream).isLessThan(Duration.ofMillis(400));

    kafka.fixture().stop();
    try {
      assertThat(waitFor(false)).isLessThan(Duration.ofSeconds(10));
      assertThat(streamFor(false)).isLessThan(Duration.ofSeconds(5));
    } finally {
      kafka.fixture().restart();
    }
  }

  /** How long after its job ended a waiter was answered. */
  private static Duration waitFor(boolean announced) throws Exception {
    String id = api.post(BODY).text("id");
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      CompletableFuture<Answer> waiting =
          CompletableFuture.supplyAsync(() -> api.get("/v1/jobs/" + id + "?wait=30"), threads);
      // Whoever has not registered yet when the job ends finds it ended, which proves nothing but
      // harms nothing.
      assertThat(api.get("/v1/jobs/" + id).text("status")).isEqualTo("queued");
      long ended = end(id, announced);
      assertThat(waiting.get().text("status")).isEqualTo("expired");
      return Duration.ofNanos(System.nanoTime() - ended);
    }
  }

  /** How long after a job ended its tenant's stream told of it. */
  private static Duration streamFor(boolean announced) throws Exception {
    String id = api.post(BODY).text("id");
    try (var stream = EventReader.open(api, "/v1/events", "")) {
      until(() -> !stream.lastId().isEmpty());
      long ended = end(id, announced);
      // What ended just before may still be told.
      String told = stream.next().job();
      while (!told.equals(id)) {
        told = stream.next().job();
      }
      return Duration.ofNanos(System.nanoTime() - ended);
    }
  }

  private static long end(String id, boolean announced) throws Exception {
    finish(id, "expired");
    long ended = System.nanoTime();
    if (announced) {
      announce(id, "job.expired");
    }
    return ended;
  }

  private static void announce(String id, String type) throws Exception {
    var event =
        new ProducerRecord<>(
            Topics.EVENTS, id, "{\"type\":\"job.expired\"}".getBytes(StandardCharsets.UTF_8));
    event.headers().add("ce_type", type.getBytes(StandardCharsets.UTF_8));
    long tenant = api.number("select id from tenant where name = 'acme'");
    event.headers().add("millrace-tenant", Long.toString(tenant).getBytes(StandardCharsets.UTF_8));
    producer.send(event).get();
  }

  private static void finish(String id, String state) {
    update(
        id,
        "state = '%s', finished_at = now(), worker_id = null%s"
            .formatted(state, state.equals("failed") ? ", failure_code = 'invalid_request'" : ""));
  }

  private static void update(String id, String change) {
    api.execute(
        "update job set %s where id = '%s'"
            .formatted(change, JobId.parse(id).orElseThrow().uuid()));
  }

  private static List<String> jobs(EventReader stream, int number) throws InterruptedException {
    List<String> jobs = new ArrayList<>();
    for (int i = 0; i < number; i++) {
      jobs.add(stream.next().job());
    }
    return jobs;
  }

  private static double cut() {
    return metric("millrace_streams_cut_total{reason=\"slow_reader\"");
  }

  private static String scrape() {
    var address = URI.create("http://127.0.0.1:" + api.port() + "/actuator/prometheus");
    try (var client = HttpClient.newHttpClient()) {
      return client.send(HttpRequest.newBuilder(address).build(), BodyHandlers.ofString()).body();
    } catch (IOException | InterruptedException failure) {
      throw new IllegalStateException(failure);
    }
  }

  private static double metric(String name) {
    return scrape()
        .lines()
        .filter(line -> line.startsWith(name))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }

  private static Duration min(Duration one, Duration other) {
    return one.compareTo(other) < 0 ? one : other;
  }
}
