package io.millrace.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cli.Shell.Ended;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class LimitsTest {

  private static final String USED =
      """
      {"id":"sonnet-5-5","type":"limit","status":"open",
       "requests":{"limit_per_minute":1000,"used":12,"burst":4},
       "input_tokens":{"limit_per_minute":400000,"used":399000,"burst":400000},
       "output_tokens":{"limit_per_minute":null,"used":null,"burst":null},
       "calls_in_flight":7,"waiting":{"interactive":1,"standard":2,"bulk":0},
       "queued":{"interactive":0,"standard":900,"bulk":100},
       "waits_for":"input_tokens","starts_per_second":3.5,"blocked_until":null,"blocked_by":null,
       "pauses":[],"workers":2,"updated_at":"2026-11-20T10:00:00.123456Z"}
      """;

  private static final String UNUSED =
      """
      {"id":"opus-4","type":"limit","status":"open",
       "requests":{"limit_per_minute":null},"input_tokens":{"limit_per_minute":null},
       "output_tokens":{"limit_per_minute":null},"calls_in_flight":0,
       "waiting":{"interactive":0,"standard":0,"bulk":0},"queued":{"interactive":0,"standard":0,"bulk":0},
       "waits_for":null,"starts_per_second":null,"blocked_until":null,"blocked_by":null,"pauses":[],"workers":0,
       "updated_at":null}
      """;

  private FakeMillrace millrace;

  @BeforeEach
  void start() throws IOException {
    millrace = new FakeMillrace();
  }

  @AfterEach
  void stop() {
    millrace.close();
  }

  @Test
  void poolsInUseAreATable() {
    millrace.answer(200, list(UNUSED, USED));

    Ended ended = run("limits");

    assertThat(ended.exit()).isZero();
    assertThat(ended.out())
        .isEqualTo(
            """
            POOL        STATUS  REQUESTS  INPUT TOKENS   OUTPUT TOKENS  RUNNING  WAITING  QUEUED  STARTS/S  WAITS FOR
            sonnet-5-5  open    12/1000   399000/400000  -              7        3        1000    3.5       input_tokens
            """);
    assertThat(ended.err()).isEqualTo("1 pool is unused: --all shows it.\n");
    assertThat(millrace.requests().getFirst().uri()).isEqualTo("/v1/limits");
  }

  @Test
  void allPoolsCanBeSeen() {
    millrace.answer(200, list(UNUSED, USED));

    assertThat(run("limits", "list", "--all").out()).contains("opus-4", "sonnet-5-5");
  }

  @Test
  void pausesAndBlocksAreTold() {
    millrace.answer(
        200,
        list(
            paused(USED, "manual", "an audit", null),
            paused(UNUSED, "platform", "billing_error", "\"2026-11-20T10:01:00Z\""),
            USED.replace("\"blocked_until\":null", "\"blocked_until\":\"2026-11-20T10:02:00.500Z\"")
                .replace("\"blocked_by\":null", "\"blocked_by\":\"output_tokens\"")));

    assertThat(run("limits").err())
        .isEqualTo(
            """
            Pool sonnet-5-5 is paused by hand since 2026-11-20 09:00:00: an audit.
            Pool opus-4 is paused because the account is refused, since 2026-11-20 09:00:00: billing_error. It is probed at 2026-11-20 10:01:00.
            Pool sonnet-5-5 starts nothing until 2026-11-20 10:02:00: output_tokens.
            """);
  }

  @Test
  void aPoolIsPausedForAReason() {
    millrace.answer(200, paused(USED, "manual", "an audit", null));

    Ended ended = run("limits", "pause", "sonnet-5-5", "--reason", "an \"audit\"");

    assertThat(ended.exit()).isZero();
    assertThat(ended.err()).contains("paused by hand", "the rest stays queued");
    var request = millrace.requests().getFirst();
    assertThat(request.method() + " " + request.uri())
        .isEqualTo("POST /v1/limits/sonnet-5-5/pause");
    assertThat(request.body()).isEqualTo("{\"reason\":\"an \\\"audit\\\"\"}");
  }

  @Test
  void aPoolIsResumed() {
    millrace.answer(200, USED);

    Ended ended = run("limits", "resume", "my model");

    assertThat(ended.err()).isEqualTo("Pool sonnet-5-5 is not paused.\n");
    assertThat(millrace.requests().getFirst().uri()).isEqualTo("/v1/limits/my%20model/resume");
    assertThat(millrace.requests().getFirst().body()).isEqualTo("{}");
  }

  @Test
  void theAnswerItselfCanBeHad() {
    String answer = list(UNUSED, USED);
    millrace.answer(200, answer);

    assertThat(run("limits", "--json").out()).isEqualTo(answer + "\n");
  }

  @Test
  void aRefusalIsToldInTheServersWords() {
    millrace.answer(404, FakeMillrace.refusal("not_found_error", "There is no such pool"));

    Ended ended = run("limits", "pause", "sonet");

    assertThat(ended.exit()).isEqualTo(1);
    assertThat(ended.err()).isEqualTo("millrace: There is no such pool\n");
  }

  private Ended run(String... arguments) {
    return new Shell().with("MILLRACE_URL", millrace.url()).run(arguments);
  }

  private static String list(String... pools) {
    return "{\"data\":["
        + String.join(",", pools)
        + "],\"has_more\":false,\"first_id\":\"a\",\"last_id\":\"b\"}";
  }

  private static String paused(String pool, String kind, String reason, String probe) {
    return pool.replace("\"status\":\"open\"", "\"status\":\"paused\"")
        .replace(
            "\"pauses\":[]",
            "\"pauses\":[{\"kind\":\"%s\",\"reason\":\"%s\",\"paused_at\":\"2026-11-20T09:00:00.5Z\",\"next_probe_at\":%s}]"
                .formatted(kind, reason, probe));
  }
}
