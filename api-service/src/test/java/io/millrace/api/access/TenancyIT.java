package io.millrace.api.access;

import static io.millrace.api.RunningApi.BODY;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.RawHttp;
import io.millrace.api.RunningApi;
import io.millrace.api.RunningApi.Answer;
import io.millrace.api.bulk.BulkIT;
import io.millrace.api.webhook.WebhookIT;
import io.millrace.job.JobId;
import io.millrace.testkit.PostgresExtension;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.springframework.web.servlet.mvc.method.annotation.RequestMappingHandlerMapping;

/**
 * Whoever calls sees and touches only its own: by every route that the service has. A route that is
 * new has to be sorted here, or the first test fails.
 */
class TenancyIT {

  /** Routes that name a job, and the state in which its owner may ask for that. */
  private static final Map<String, String> OF_A_JOB =
      Map.of(
          "GET /v1/jobs/{id}", "queued",
          "GET /v1/jobs/{id}/attempts", "queued",
          // Of an ended job the stream ends at once.
          "GET /v1/jobs/{id}/events", "canceled",
          "POST /v1/jobs/{id}/cancel", "queued",
          "POST /v1/jobs/{id}/replay", "canceled",
          "DELETE /v1/jobs/{id}", "canceled");

  /** Routes that read what the caller has, without naming it. */
  private static final Set<String> OF_ONES_OWN =
      Set.of("GET /v1/jobs", "GET /v1/jobs/results", "GET /v1/usage");

  /** Routes that change what the caller has, without naming it. */
  private static final Set<String> CHANGING_ONES_OWN =
      Set.of("POST /v1/jobs", "POST /v1/jobs/cancel", "POST /v1/jobs/replay");

  /** Streams of what happens to what the caller has; {@code LiveIT} listens to them. */
  private static final Set<String> LIVE = Set.of("GET /v1/events");

  private static final Set<String> OF_THE_OPERATOR =
      Set.of(
          "GET /v1/tenants",
          "POST /v1/tenants/{name}/pause",
          "POST /v1/tenants/{name}/resume",
          "GET /v1/limits",
          "GET /v1/limits/{pool}",
          "POST /v1/limits/{pool}/pause",
          "POST /v1/limits/{pool}/resume");

  private static final String UNKNOWN = "job_00000000000000000000000000";

  @RegisterExtension static final PostgresExtension postgres = PostgresExtension.shared();

  private static RunningApi api;
  private static Set<String> served;

  @BeforeAll
  static void start() {
    api = RunningApi.start(postgres);
    served =
        api
            .context()
            .getBean("requestMappingHandlerMapping", RequestMappingHandlerMapping.class)
            .getHandlerMethods()
            .keySet()
            .stream()
            .flatMap(route ->
                route.getPatternValues().stream()
                    .flatMap(path ->
                        route.getMethodsCondition().getMethods().isEmpty()
                            ? List.of("ANY " + path).stream()
                            : route.getMethodsCondition().getMethods().stream()
                                .map(method -> method + " " + path)))
            .filter(route -> route.contains(" /v1/"))
            .collect(Collectors.toCollection(TreeSet::new));
  }

  @AfterAll
  static void stop() {
    api.close();
  }

  @Test
  void everyRouteIsSorted() {
    Set<String> sorted = new TreeSet<>(OF_A_JOB.keySet());
    sorted.addAll(OF_ONES_OWN);
    sorted.addAll(CHANGING_ONES_OWN);
    sorted.addAll(OF_THE_OPERATOR);
    sorted.addAll(LIVE);
    sorted.addAll(WebhookIT.ROUTES);
    sorted.addAll(BulkIT.ROUTES);

    assertThat(served)
        .as("say in this class whose each route is, and it is tested")
        .isNotEmpty()
        .isSubsetOf(sorted);
  }

  @Test
  void anIdOfSomebodyElseIsAnsweredLikeOneThatNeverWas() {
    for (var route : OF_A_JOB.entrySet()) {
      if (!served.contains(route.getKey())) {
        continue;
      }
      String id = submitted("acme-key", BODY);
      bring(id, route.getValue());
      String before = row(id);
      for (String query : List.of("", "?wait=60&include=result&limit=1")) {
        Answer theirs = call("rival-key", route.getKey(), id, query);
        Answer nobodys = call("rival-key", route.getKey(), UNKNOWN, query);

        assertThat(theirs.status()).as(route.getKey()).isEqualTo(404);
        assertThat(told(theirs)).as(route.getKey()).isEqualTo(told(nobodys));
        assertThat(told(call("staff-key", route.getKey(), id, query)))
            .as("an operator, by " + route.getKey())
            .isEqualTo(told(nobodys));
      }
      assertThat(row(id)).as("after " + route.getKey()).isEqualTo(before);

      assertThat(call("acme-key", route.getKey(), id, "").status())
          .as("the owner, by " + route.getKey())
          .isBetween(200, 299);
    }
  }

  @Test
  void listsAndReportsHoldOnesOwnOnly() {
    String mine =
        submitted("acme-key", "{\"custom_id\":\"mine\",\"feature\":\"hush\"," + BODY.substring(1));
    bring(mine, "canceled");
    String uuid = uuid(mine);
    api.execute(
        """
        insert into cost (job_id, attempt_no, entry, kind, tenant_id, lane, model, feature, incurred_at, input_tokens,
          output_tokens, cache_read_tokens, cache_write_5m_tokens, cache_write_1h_tokens, web_searches, amount)
        select id, 1, 1, 'charged', tenant_id, lane, 'claude-of-acme', 'hush', now(), 4711, 4711, 0, 0, 0, 0, 47.11
        from job where id = '%s'
        """
            .formatted(uuid));
    String asked =
        "?custom_id=mine&feature=hush&limit=1000&include=result&status=canceled&group_by=feature,model";
    for (String route : OF_ONES_OWN) {
      if (!served.contains(route)) {
        continue;
      }
      for (String query : List.of("", asked, "?group_by=model", "?after_id=" + mine)) {
        // What all tenants used is the operator's to know.
        for (String key :
            route.endsWith("usage") ? List.of("rival-key") : List.of("rival-key", "staff-key")) {
          assertThat(text(call(key, route, "", query)))
              .as(key + " by " + route + query)
              .doesNotContain(mine, "hush", "4711", "claude-of-acme");
        }
      }
      assertThat(told(call("rival-key", route, "", "?after_id=" + mine)))
          .as("somebody's id as a place in " + route)
          .isEqualTo(told(call("rival-key", route, "", "?after_id=" + besides(mine))));
      assertThat(
              text(call("acme-key", route, "", route.endsWith("usage") ? "?group_by=feature" : "")))
          .as("the owner, by " + route)
          .contains(route.endsWith("usage") ? "hush" : mine);
    }
  }

  /** An id that nobody has, at the same place in the order of ids. */
  private static String besides(String id) {
    return id.substring(0, id.length() - 1) + (id.endsWith("0") ? "1" : "0");
  }

  @Test
  void aFilterMovesOnesOwnOnly() {
    String queued = submitted("acme-key", "{\"custom_id\":\"ours\"," + BODY.substring(1));
    String ended = submitted("acme-key", "{\"custom_id\":\"ours\"," + BODY.substring(1));
    bring(ended, "canceled");
    String before = row(queued) + row(ended);

    for (String route : List.of("POST /v1/jobs/cancel", "POST /v1/jobs/replay")) {
      for (String body :
          List.of(
              "{\"custom_id\":\"ours\"}",
              "{\"all\":true}",
              "{\"all\":true,\"after_id\":\"" + queued + "\"}",
              "{\"status\":\"canceled\"}")) {
        for (String key : List.of("rival-key", "staff-key")) {
          assertThat(send(key, route, "", "", body).status()).isLessThan(500);
        }
      }
    }

    assertThat(row(queued) + row(ended)).isEqualTo(before);
    if (served.contains("POST /v1/jobs/cancel")) {
      send("acme-key", "POST /v1/jobs/cancel", "", "", "{\"custom_id\":\"ours\"}");
      assertThat(row(queued)).contains("canceled");
    }
  }

  @Test
  void anIdempotencyKeyIsATenantsOwn() {
    UnaryOperator<HttpRequest.Builder> keyed =
        request ->
            request
                .header("idempotency-key", "the-same")
                .header("content-type", "application/json")
                .POST(BodyPublishers.ofString(BODY));
    Answer mine = api.sendAs("acme-key", "/v1/jobs", keyed);
    Answer theirs = api.sendAs("rival-key", "/v1/jobs", keyed);
    Answer others =
        api.sendAs(
            "staff-key",
            "/v1/jobs",
            request -> keyed.apply(request).POST(BodyPublishers.ofString(" " + BODY)));

    for (Answer answer : List.of(mine, theirs, others)) {
      assertThat(answer.status()).isEqualTo(202);
      assertThat(answer.header("idempotent-replayed")).isNull();
    }
    assertThat(Set.of(mine.text("id"), theirs.text("id"), others.text("id"))).hasSize(3);
  }

  @Test
  void whatIsTheOperatorsIsRefusedToATenant() {
    for (String route : OF_THE_OPERATOR) {
      for (String name : List.of("rival", "acme", "sonnet-5-5", "nobody", "%20")) {
        Answer answer = call("rival-key", route, name, "");
        assertThat(answer.status()).as(route).isEqualTo(403);
        assertThat(answer.text("error", "type")).isEqualTo("permission_error");
      }
    }
    assertThat(api.number("select count(*) from tenant_pause where tenant_id = 1")).isZero();
    assertThat(api.number("select count(*) from pool_pause")).isZero();
  }

  @Test
  void theOperatorHoldsATenantsJobsBack() {
    Answer paused = call("staff-key", "POST /v1/tenants/{name}/pause", "rival", "");
    assertThat(paused.status()).isEqualTo(200);
    assertThat(paused.text("id")).isEqualTo("rival");
    assertThat(paused.text("paused_at")).isNotNull();

    String id = submitted("rival-key", BODY);
    Answer job = call("rival-key", "GET /v1/jobs/{id}", id, "");
    assertThat(job.text("status")).isEqualTo("queued");
    assertThat(job.text("waiting_for")).isEqualTo("paused");

    Answer resumed = call("staff-key", "POST /v1/tenants/{name}/resume", "rival", "");
    assertThat(resumed.text("paused_at")).isNull();
    assertThat(call("rival-key", "GET /v1/jobs/{id}", id, "").text("waiting_for"))
        .isEqualTo("dispatch");
    for (String nobody : List.of("nobody", "%00", "a%2Fb", ".")) {
      assertThat(call("staff-key", "POST /v1/tenants/{name}/pause", nobody, "").status())
          .as(nobody)
          .isIn(400, 404);
    }
  }

  @Test
  void theListOfTenantsIsPaged() {
    Answer page = call("staff-key", "GET /v1/tenants", "", "?limit=2");
    assertThat(page.text("first_id")).isEqualTo("staff");
    assertThat(page.text("last_id")).isEqualTo("rival");
    assertThat(page.json().get("has_more").asBoolean()).isTrue();

    Answer next = call("staff-key", "GET /v1/tenants", "", "?limit=2&after_id=rival");
    assertThat(next.text("last_id")).isEqualTo("acme");
    assertThat(next.json().get("has_more").asBoolean()).isFalse();
    assertThat(next.json().get("data").get(0).get("keys").asInt()).isEqualTo(1);

    Answer back = call("staff-key", "GET /v1/tenants", "", "?limit=1&before_id=acme");
    assertThat(back.text("first_id")).isEqualTo("rival");
    assertThat(back.json().get("has_more").asBoolean()).isTrue();
    for (String query :
        List.of("?limit=0", "?limit=x", "?after_id=nobody", "?after_id=acme&before_id=acme")) {
      assertThat(call("staff-key", "GET /v1/tenants", "", query).status()).as(query).isEqualTo(400);
    }
  }

  @Test
  void onlyKnownKeysPass() throws IOException {
    long jobs = api.number("select count(*) from job");
    assertUnknown(api.sendAnonymously("/v1/jobs/x", request -> request));
    assertUnknown(api.sendAnonymously("/v1/nothing", request -> request));
    assertUnknown(api.sendAnonymously("/v1/tenants", request -> request));
    assertUnknown(api.sendAs("wrong", "/v1/jobs/x", request -> request));
    assertUnknown(api.sendAs("", "/v1/jobs/x", request -> request));
    assertUnknown(api.sendAs("acme-key,rival-key", "/v1/jobs/x", request -> request));
    assertUnknown(
        api.sendAnonymously("/v1/jobs/x", r -> r.header("authorization", "Basic acme-key")));
    assertUnknown(
        api.sendAs("acme-key", "/v1/jobs/x", request -> request.header("x-api-key", "rival-key")));
    assertUnknown(
        api.sendAs(
            "acme-key", "/v1/jobs/x", request -> request.header("authorization", "Bearer wrong")));
    assertUnknown(
        api.sendAnonymously(
            "/v1/jobs",
            r -> r.header("content-type", "application/json").POST(BodyPublishers.ofString(BODY))));
    assertThat(api.number("select count(*) from job")).isEqualTo(jobs);

    for (String header : List.of("x-api-key:acme-key", "authorization:bearer acme-key")) {
      String[] pair = header.split(":", -1);
      assertThat(api.sendAnonymously("/v1/jobs/x", r -> r.header(pair[0], pair[1])).status())
          .isEqualTo(404);
    }
    assertThat(
            api.sendAs("acme-key", "/v1/jobs/x", request -> request.header("x-api-key", "acme-key"))
                .status())
        .isEqualTo(404);
    assertThat(api.sendAnonymously("/actuator/health/liveness", r -> r).status()).isEqualTo(200);
    assertThat(api.sendAnonymously("/actuator/health/readiness", r -> r).status()).isEqualTo(200);
    assertThat(
            api.number("select count(*) from api_key where position('-key' in api_key::text) > 0"))
        .isZero();
    var odd =
        RawHttp.exchange(
            api.port(),
            "GET //v1;a=b/jobs/%78 HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n",
            0);
    assertThat(odd.status()).isIn(400, 401);
  }

  private static void assertUnknown(Answer answer) {
    assertThat(answer.status()).isEqualTo(401);
    assertThat(answer.text("error", "type")).isEqualTo("authentication_error");
    assertThat(answer.text("request_id")).isEqualTo(answer.header("request-id"));
    assertThat(answer.header("www-authenticate")).isEqualTo("Bearer");
    assertThat(text(answer)).doesNotContain("acme", "rival", "wrong");
  }

  private static String submitted(String key, String body) {
    return send(key, "POST /v1/jobs", "", "", body).text("id");
  }

  private static Answer call(String key, String route, String name, String query) {
    return send(key, route, name, query, null);
  }

  private static Answer send(String key, String route, String name, String query, String body) {
    String[] parts = route.split(" ", -1);
    String path = parts[1].replaceAll("\\{\\w+}", name) + query;
    return api.sendAs(
        key,
        path,
        request ->
            body == null
                ? request.method(parts[0], BodyPublishers.noBody())
                : request
                    .header("content-type", "application/json")
                    .method(parts[0], BodyPublishers.ofString(body)));
  }

  /** All of an answer that does not differ from one request to the next. */
  private static String told(Answer answer) {
    Map<String, List<String>> headers = new TreeMap<>(answer.response().headers().map());
    headers.remove("request-id");
    headers.remove("date");
    return answer.status()
        + " "
        + headers
        + " "
        + text(answer).replace(String.valueOf(answer.header("request-id")), "");
  }

  private static String text(Answer answer) {
    return new String(answer.response().body(), StandardCharsets.UTF_8);
  }

  private static void bring(String id, String state) {
    if (!state.equals("queued")) {
      api.execute(
          "update job set state = '%s', finished_at = now() where id = '%s'"
              .formatted(state, uuid(id)));
    }
  }

  private static String row(String id) {
    try (var connection = api.connect();
        var statement = connection.createStatement();
        var row =
            statement.executeQuery("select job::text from job where id = '" + uuid(id) + "'")) {
      return row.next() ? row.getString(1) : "gone";
    } catch (SQLException failure) {
      throw new IllegalStateException(failure);
    }
  }

  private static String uuid(String id) {
    return JobId.parse(id).orElseThrow().uuid().toString();
  }
}
