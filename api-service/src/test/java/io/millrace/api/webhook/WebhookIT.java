package io.millrace.api.webhook;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.RunningApi;
import io.millrace.api.RunningApi.Answer;
import io.millrace.delivery.DeliveryId;
import io.millrace.delivery.EndpointId;
import io.millrace.testkit.PostgresExtension;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

public class WebhookIT {

  private static final String ENDPOINTS = "/v1/webhooks/endpoints";
  private static final String DELIVERIES = "/v1/webhooks/deliveries";
  private static final String SECRET = "/v1/webhooks/secret";

  private static final List<String> OF_AN_ENDPOINT =
      List.of(
          "GET " + ENDPOINTS + "/{id}",
          "POST " + ENDPOINTS + "/{id}",
          "POST " + ENDPOINTS + "/{id}/rotate",
          "POST " + ENDPOINTS + "/{id}/test",
          "POST " + ENDPOINTS + "/{id}/pause",
          "POST " + ENDPOINTS + "/{id}/resume",
          "POST " + ENDPOINTS + "/{id}/replay",
          "DELETE " + ENDPOINTS + "/{id}");

  private static final List<String> OF_A_DELIVERY =
      List.of(
          "GET " + DELIVERIES + "/{id}",
          "GET " + DELIVERIES + "/{id}/attempts",
          "POST " + DELIVERIES + "/{id}/replay");

  private static final List<String> OF_ONES_OWN =
      List.of(
          "GET " + ENDPOINTS,
          "GET " + DELIVERIES,
          "GET " + SECRET,
          "POST " + SECRET + "/rotate",
          "POST " + ENDPOINTS,
          "POST " + DELIVERIES + "/replay");

  /** Every route that is tested here for whose it is. */
  public static final Set<String> ROUTES =
      new TreeSet<>(
          Stream.of(OF_AN_ENDPOINT, OF_A_DELIVERY, OF_ONES_OWN).flatMap(List::stream).toList());

  @RegisterExtension static final PostgresExtension postgres = PostgresExtension.shared();

  private static RunningApi api;

  @BeforeAll
  static void start() {
    api = RunningApi.start(postgres, "millrace.webhooks.allow=10.9.0.0/16");
  }

  @AfterAll
  static void stop() {
    api.close();
  }

  @Test
  void anEndpointShowsItsSecretOnceAndEverythingElseAlways() {
    Answer created =
        post(
            "acme-key",
            ENDPOINTS,
            """
            {"url":"https://example.com/hook?a=b","event_types":["job.succeeded","job.failed","job.failed"],
             "features":["summaries"],"include_batch_items":true,"description":"all that ends"}
            """);
    assertThat(created.status()).isEqualTo(201);
    String id = created.text("id");
    assertThat(EndpointId.parse(id)).isPresent();
    assertThat(created.header("location")).isEqualTo(ENDPOINTS + "/" + id);
    assertThat(created.text("secret")).matches("whsec_[A-Za-z0-9+/]{43}=");
    assertThat(created.text("previous_signs_until")).isNull();

    Answer shown = get("acme-key", ENDPOINTS + "/" + id);
    assertThat(shown.text("url")).isEqualTo("https://example.com/hook?a=b");
    assertThat(shown.text("description")).isEqualTo("all that ends");
    assertThat(shown.json().get("event_types").toString())
        .isEqualTo("[\"job.succeeded\",\"job.failed\"]");
    assertThat(shown.json().get("features").toString()).isEqualTo("[\"summaries\"]");
    assertThat(shown.json().get("include_batch_items").asBoolean()).isTrue();
    assertThat(shown.text("signing")).isEqualTo("hmac");
    assertThat(shown.text("status")).isEqualTo("active");
    assertThat(shown.text("public_key")).isNull();
    assertThat(body(shown) + body(get("acme-key", ENDPOINTS)))
        .doesNotContain("whsec_")
        .contains(id);
    assertThat(Set.copyOf(shown.json().propertyNames())).isEqualTo(documented("Endpoint"));
  }

  @Test
  void onlyWhatIsNamedChanges() {
    String id = endpoint("acme-key");
    String path = ENDPOINTS + "/" + id;
    assertThat(post("acme-key", path, "{\"features\":[\"a\",\"b\"]}").json().get("features"))
        .hasSize(2);
    Answer changed = post("acme-key", path, "{\"url\":\"https://10.9.1.1/x\",\"features\":null}");
    assertThat(changed.status()).isEqualTo(200);
    assertThat(changed.text("url")).isEqualTo("https://10.9.1.1/x");
    assertThat(changed.json().get("features").isNull()).isTrue();
    assertThat(changed.json().get("event_types")).hasSize(1);
    assertThat(post("acme-key", path, "{}").text("url")).isEqualTo("https://10.9.1.1/x");
    assertThat(post("acme-key", path, "{\"signing\":\"ed25519\"}").text("error", "message"))
        .isEqualTo("signing: Not permitted here: it changes with the secret, by rotate");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          {}                                                   | url: Field required
          {"url":"https://a.example"}                          | event_types: Field required
          {"url":null,"event_types":["job.failed"]}            | url: Input should be a valid string
          {"url":"http://a.example","event_types":["job.failed"]} | url: Input should be an https URL
          {"url":"https://169.254.169.254/latest","event_types":["job.failed"]} | url: Webhooks are not sent to an address of a cloud's metadata
          {"url":"https://0x7f.1/","event_types":["job.failed"]} | url: An IPv4 address should be four decimal numbers; this one means a loopback address
          {"url":"https://[::ffff:127.0.0.1]/","event_types":["job.failed"]} | url: Webhooks are not sent to a loopback address
          {"url":"https://u:p@a.example/","event_types":["job.failed"]} | url: URL should not have user or password
          {"url":"https://a.example/","event_types":[]}        | event_types: List should have at least 1 item
          {"url":"https://a.example/","event_types":"job.failed"} | event_types: Input should be a valid list
          {"url":"https://a.example/","event_types":["job.done"]} | event_types.0: Input should be one of 'job.succeeded', 'job.failed', 'job.canceled', 'job.expired', 'batch.ended'
          {"url":"https://a.example/","event_types":["job.failed"],"features":[]} | features: List should have at least 1 item; null means all features
          {"url":"https://a.example/","event_types":["job.failed"],"include_batch_items":1} | include_batch_items: Input should be true or false
          {"url":"https://a.example/","event_types":["job.failed"],"signing":"rsa"} | signing: Input should be 'hmac' or 'ed25519'
          {"url":"https://a.example/","event_types":["job.failed"],"secret":"x"} | secret: Extra inputs are not permitted
          """)
  void whatCannotBeAnEndpointIsRefusedByField(String body, String message) {
    Answer answer = post("acme-key", ENDPOINTS, body);
    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.text("error", "type")).isEqualTo("invalid_request_error");
    assertThat(answer.text("error", "message")).isEqualTo(message);
  }

  @Test
  void thePlatformIsToldOfToOperatorsOnly() {
    String body = "{\"url\":\"https://a.example/\",\"event_types\":[\"pool.paused\"]}";
    Answer refused = post("acme-key", ENDPOINTS, body);
    assertThat(refused.status()).isEqualTo(403);
    assertThat(refused.text("error", "message"))
        .isEqualTo("event_types.0: 'pool.paused' needs a key whose role is operator");
    Answer made = post("staff-key", ENDPOINTS, body);
    assertThat(made.status()).isEqualTo(201);

    // A key of the same tenant that is no operator's must not send it elsewhere.
    api.execute(
        "update webhook_endpoint set tenant_id = (select id from tenant where name = 'acme') where id = '%s'"
            .formatted(uuid(made.text("id"))));
    for (String route : OF_AN_ENDPOINT) {
      Answer answer = call("acme-key", route, made.text("id"));
      assertThat(answer.status()).as(route).isEqualTo(route.startsWith("GET") ? 200 : 403);
    }
  }

  @Test
  void aTenantHasAtMostAHundredEndpoints() {
    api.execute(
        """
        insert into webhook_endpoint (id, tenant_id, url, event_types)
        select uuidv7(), (select id from tenant where name = 'rival'), 'https://a.example', '{job.failed}'
        from generate_series(1, 99)
        """);
    endpoint("rival-key");
    Answer refused =
        post(
            "rival-key",
            ENDPOINTS,
            "{\"url\":\"https://a.example/\",\"event_types\":[\"job.failed\"]}");
    assertThat(refused.status()).isEqualTo(400);
    assertThat(refused.text("error", "message")).contains("at most 100 endpoints");

    Answer first = get("rival-key", ENDPOINTS + "?limit=60");
    Answer second = get("rival-key", ENDPOINTS + "?limit=60&after_id=" + first.text("last_id"));
    assertThat(first.json().get("data")).hasSize(60);
    assertThat(first.json().get("has_more").asBoolean()).isTrue();
    assertThat(second.json().get("data")).hasSize(40);
    assertThat(second.json().get("has_more").asBoolean()).isFalse();
    Answer back = get("rival-key", ENDPOINTS + "?limit=60&before_id=" + second.text("first_id"));
    assertThat(back.text("first_id")).isEqualTo(first.text("first_id"));
    assertThat(back.text("last_id")).isEqualTo(first.text("last_id"));
    api.execute("delete from webhook_endpoint where url = 'https://a.example'");
  }

  @Test
  void aSecretIsRotatedWithAnOverlapAndMayChangeItsKind() {
    String id = endpoint("acme-key");
    String path = ENDPOINTS + "/" + id + "/rotate";
    Answer rotated = post("acme-key", path, "{\"overlap_seconds\":3600}");
    assertThat(rotated.status()).isEqualTo(200);
    assertThat(rotated.text("secret")).startsWith("whsec_");
    assertThat(Instant.parse(rotated.text("previous_signs_until")))
        .isBetween(
            Instant.parse(rotated.text("created_at")).plusSeconds(3590),
            Instant.parse(rotated.text("created_at")).plusSeconds(3700));

    Answer asymmetric = post("acme-key", path, "{\"signing\":\"ed25519\",\"overlap_seconds\":0}");
    assertThat(asymmetric.text("secret")).isNull();
    assertThat(asymmetric.text("signing")).isEqualTo("ed25519");
    assertThat(asymmetric.text("public_key")).matches("whpk_[A-Za-z0-9+/]{43}=");
    assertThat(asymmetric.text("previous_signs_until")).isNull();
    assertThat(get("acme-key", ENDPOINTS + "/" + id).text("public_key"))
        .isEqualTo(asymmetric.text("public_key"));
    assertThat(body(get("acme-key", ENDPOINTS))).contains(asymmetric.text("public_key"));
    assertThat(post("acme-key", path, "{\"overlap_seconds\":604801}").text("error", "message"))
        .isEqualTo("overlap_seconds: Input should be less than or equal to 604800");
  }

  @Test
  void aTenantHasASecretForTheUrlsOfItsJobs() {
    Answer first = get("acme-key", SECRET);
    assertThat(first.text("secret")).startsWith("whsec_");
    assertThat(first.header("cache-control")).isEqualTo("no-store");
    assertThat(get("acme-key", SECRET).text("secret")).isEqualTo(first.text("secret"));
    Answer rotated = post("acme-key", SECRET + "/rotate", "{}");
    assertThat(rotated.text("secret")).startsWith("whsec_").isNotEqualTo(first.text("secret"));
    assertThat(
            Duration.between(
                Instant.parse(rotated.text("created_at")),
                Instant.parse(rotated.text("previous_signs_until"))))
        .isEqualTo(Duration.ofDays(1));
    assertThat(get("acme-key", SECRET).text("secret")).isEqualTo(rotated.text("secret"));
    assertThat(get("rival-key", SECRET).text("secret")).isNotEqualTo(rotated.text("secret"));
    // Where nothing was made yet, too.
    assertThat(post("staff-key", SECRET + "/rotate", "{}").text("previous_signs_until")).isNull();
  }

  @Test
  void anEndpointIsTestedPausedAndResumed() {
    String id = endpoint("acme-key");
    String path = ENDPOINTS + "/" + id;
    Answer test = post("acme-key", path + "/test", "");
    assertThat(test.status()).isEqualTo(202);
    assertThat(test.text("event_type")).isEqualTo("webhook.test");
    assertThat(test.text("status")).isEqualTo("pending");
    assertThat(test.text("endpoint_id")).isEqualTo(id);
    assertThat(Set.copyOf(test.json().propertyNames())).isEqualTo(documented("Delivery"));
    assertThat(test.header("location")).isEqualTo(DELIVERIES + "/" + test.text("id"));
    assertThat(
            api.number(
                "select count(*) from delivery_pending where id = '%s' and due_at <= now()"
                    .formatted(DeliveryId.parse(test.text("id")).orElseThrow().uuid())))
        .isEqualTo(1);

    assertThat(post("acme-key", path + "/pause", "").text("status")).isEqualTo("paused");
    assertThat(post("acme-key", path + "/pause", "").status()).isEqualTo(200);
    assertThat(post("acme-key", path + "/test", "").status()).isEqualTo(409);
    assertThat(post("acme-key", path + "/resume", "").text("status")).isEqualTo("active");

    api.execute(
        """
        update webhook_endpoint set state = 'disabled', disabled_reason = 'failing', failing_since = now()
        where id = '%s'
        """
            .formatted(uuid(id)));
    Answer disabled = post("acme-key", path + "/pause", "");
    assertThat(disabled.status()).isEqualTo(409);
    assertThat(disabled.text("error", "message"))
        .isEqualTo("The endpoint cannot be paused while it is disabled; resume it first");
    assertThat(get("acme-key", path).text("disabled_reason")).isEqualTo("failing");
    ended(id, 3, "missed");
    ended(id, 2, "failed");
    ended(id, 1, "delivered");
    Answer resumed = post("acme-key", path + "/resume", "");
    assertThat(resumed.text("status")).isEqualTo("active");
    assertThat(resumed.text("failing_since")).isNull();
    assertThat(resumed.text("disabled_reason")).isNull();
    assertThat(resumed.json().get("replayable").asInt()).isEqualTo(5);

    assertThat(replayed(path + "/replay", "{\"dry_run\":true}")).isEqualTo(5);
    assertThat(replayed(path + "/replay", "{\"to\":\"2020-01-01T00:00:00Z\"}")).isZero();
    assertThat(replayed(path + "/replay", "{\"status\":\"missed\"}")).isEqualTo(3);
    assertThat(replayed(path + "/replay", "{}")).isEqualTo(2);
    assertThat(replayed(path + "/replay", "{}")).isZero();
    assertThat(replayed(path + "/replay", "{\"status\":[\"delivered\"]}")).isEqualTo(1);
  }

  @Test
  void deliveriesAreListedShownAndReplayed() {
    String id = endpoint("acme-key");
    String other = endpoint("acme-key");
    List<String> made = ended(id, 5, "failed");
    ended(other, 1, "failed");
    api.execute(
        """
        insert into delivery_attempt (delivery_id, no, worker_id, started_at, finished_at, http_status, error, response)
        select '%s', n, gen_random_uuid(), now(), now(), 500, 'http_status', 'no' from generate_series(1, 3) n
        """
            .formatted(DeliveryId.parse(made.getLast()).orElseThrow().uuid()));

    Answer page =
        get("acme-key", DELIVERIES + "?endpoint_id=" + id + "&status=failed,missed&limit=3");
    assertThat(ids(page)).isEqualTo(made.reversed().subList(0, 3));
    Answer rest =
        get(
            "acme-key",
            DELIVERIES + "?endpoint_id=" + id + "&limit=3&after_id=" + page.text("last_id"));
    assertThat(ids(rest)).isEqualTo(made.reversed().subList(3, 5));
    assertThat(rest.json().get("has_more").asBoolean()).isFalse();
    Answer newer =
        get(
            "acme-key",
            DELIVERIES + "?endpoint_id=" + id + "&limit=3&before_id=" + rest.text("first_id"));
    assertThat(ids(newer)).isEqualTo(ids(page));
    assertThat(ids(get("acme-key", DELIVERIES + "?event_type=job.expired"))).isEmpty();

    String one = DELIVERIES + "/" + made.getLast();
    Answer attempts = get("acme-key", one + "/attempts?limit=2");
    assertThat(ids(attempts)).containsExactly("attempt_3", "attempt_2");
    assertThat(ids(get("acme-key", one + "/attempts?after_id=attempt_2")))
        .containsExactly("attempt_1");
    var attempt = attempts.json().get("data").get(0);
    assertThat(Set.copyOf(attempt.propertyNames())).isEqualTo(documented("DeliveryAttempt"));
    assertThat(attempt.get("error").get("code").asString()).isEqualTo("http_status");

    Answer again = post("acme-key", one + "/replay", "");
    assertThat(again.text("status")).isEqualTo("pending");
    assertThat(again.text("id")).isEqualTo(made.getLast());
    assertThat(replayed(DELIVERIES + "/replay", "{\"endpoint_id\":\"" + other + "\"}"))
        .isEqualTo(1);
    assertThat(post("acme-key", DELIVERIES + "/replay", "{}").text("error", "message"))
        .startsWith("filter: Name at least one of");
    assertThat(post("acme-key", DELIVERIES + "/replay", "{\"status\":\"dropped\"}").status())
        .isEqualTo(400);

    call("acme-key", "DELETE " + ENDPOINTS + "/{id}", id);
    assertThat(get("acme-key", one).status()).isEqualTo(200);
    assertThat(post("acme-key", one + "/replay", "").status()).isEqualTo(409);
  }

  @Test
  void nobodySeesOrMovesWhatIsAnothers() {
    String id = endpoint("acme-key");
    String delivery = ended(id, 1, "failed").getFirst();
    String before = row(id, delivery);
    for (String key : List.of("rival-key", "staff-key")) {
      for (String route : OF_AN_ENDPOINT) {
        assertThat(told(call(key, route, id)))
            .as(route)
            .isEqualTo(told(call(key, route, "ep_00000000000000000000000000")))
            .startsWith("404");
      }
      for (String route : OF_A_DELIVERY) {
        assertThat(told(call(key, route, delivery)))
            .as(route)
            .isEqualTo(told(call(key, route, "msg_00000000000000000000000000")))
            .startsWith("404");
      }
      for (String list : List.of(ENDPOINTS, DELIVERIES, DELIVERIES + "?endpoint_id=" + id)) {
        assertThat(body(get(key, list))).doesNotContain(id, delivery);
      }
      post(key, DELIVERIES + "/replay", "{\"endpoint_id\":\"" + id + "\"}");
      post(key, DELIVERIES + "/replay", "{\"all\":true}");
    }
    assertThat(row(id, delivery)).isEqualTo(before);
    for (String route : OF_A_DELIVERY) {
      assertThat(call("acme-key", route, delivery).status()).as(route).isEqualTo(200);
    }
    for (String route : OF_AN_ENDPOINT) {
      assertThat(call("acme-key", route, id).status()).as(route).isBetween(200, 202);
    }
    assertThat(get("acme-key", ENDPOINTS + "/" + id).status()).isEqualTo(404);
  }

  private static String endpoint(String key) {
    Answer made =
        post(key, ENDPOINTS, "{\"url\":\"https://a.example/\",\"event_types\":[\"job.failed\"]}");
    assertThat(made.status()).isEqualTo(201);
    return made.text("id");
  }

  /** Deliveries to that endpoint that came to that end, the oldest first. */
  private static List<String> ended(String endpoint, int number, String state) {
    return IntStream.range(0, number)
        .mapToObj(i -> {
          try (var connection = api.connect();
              var insert =
                  connection.prepareStatement(
                      """
                      insert into delivery (id, tenant_id, endpoint_id, destination, event_type, occurred_at, body,
                        state, finished_at, undelivered_at)
                      select uuidv7(), tenant_id, id, id, 'job.failed', now(), '{}', ?, now(),
                        case when ? <> 'delivered' then now() end
                      from webhook_endpoint where id = ?::uuid returning wire_id('msg_', id)
                      """)) {
            insert.setString(1, state);
            insert.setString(2, state);
            insert.setString(3, uuid(endpoint));
            try (var rows = insert.executeQuery()) {
              rows.next();
              return rows.getString(1);
            }
          } catch (SQLException failure) {
            throw new IllegalStateException(failure);
          }
        })
        .toList();
  }

  private static String row(String endpoint, String delivery) {
    try (var connection = api.connect();
        var rows =
            connection
                .createStatement()
                .executeQuery(
                    """
                    select e::text || d::text || (select string_agg(s::text, ' ') from webhook_secret s where s.endpoint_id = e.id)
                    from webhook_endpoint e, delivery d where e.id = '%s' and d.id = '%s'
                    """
                        .formatted(
                            uuid(endpoint), DeliveryId.parse(delivery).orElseThrow().uuid()))) {
      return rows.next() ? rows.getString(1) : "gone";
    } catch (SQLException failure) {
      throw new IllegalStateException(failure);
    }
  }

  private static int replayed(String path, String body) {
    Answer answer = post("acme-key", path, body);
    assertThat(answer.status()).as(body(answer)).isEqualTo(200);
    assertThat(answer.json().get("has_more").asBoolean()).isFalse();
    return answer.json().get("replayed").asInt();
  }

  private static List<String> ids(Answer page) {
    return page.json().get("data").valueStream().map(item -> item.get("id").asString()).toList();
  }

  private static Set<String> documented(String schema) {
    return Set.copyOf(
        api.get("/openapi.json")
            .json()
            .get("components")
            .get("schemas")
            .get(schema)
            .get("properties")
            .propertyNames());
  }

  private static String uuid(String endpoint) {
    return EndpointId.parse(endpoint).orElseThrow().uuid().toString();
  }

  private static Answer get(String key, String path) {
    return api.sendAs(key, path, request -> request);
  }

  private static Answer post(String key, String path, String body) {
    return api.sendAs(
        key,
        path,
        request ->
            request.header("content-type", "application/json").POST(BodyPublishers.ofString(body)));
  }

  private static Answer call(String key, String route, String id) {
    String[] parts = route.split(" ", -1);
    return api.sendAs(
        key,
        parts[1].replace("{id}", id),
        request -> request.method(parts[0], BodyPublishers.noBody()));
  }

  private static String told(Answer answer) {
    return answer.status() + " " + answer.text("error", "message");
  }

  private static String body(Answer answer) {
    return new String(answer.response().body(), StandardCharsets.UTF_8);
  }
}
