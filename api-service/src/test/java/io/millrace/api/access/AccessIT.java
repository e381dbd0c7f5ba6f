package io.millrace.api.access;

import static io.millrace.api.RunningApi.BODY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.api.RawHttp;
import io.millrace.api.RunningApi;
import io.millrace.api.RunningApi.Answer;
import io.millrace.testkit.PostgresExtension;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class AccessIT {

  @RegisterExtension final PostgresExtension postgres = PostgresExtension.shared();

  @Test
  void onlyKnownKeysPass() throws IOException {
    try (var api = RunningApi.start(postgres)) {
      assertUnknown(api.sendAnonymously("/v1/jobs/x", request -> request));
      assertUnknown(api.sendAnonymously("/v1/nothing", request -> request));
      assertUnknown(api.sendAs("wrong", "/v1/jobs/x", request -> request));
      assertUnknown(api.sendAs("", "/v1/jobs/x", request -> request));
      assertUnknown(
          api.sendAnonymously("/v1/jobs/x", r -> r.header("authorization", "Basic acme-key")));
      assertUnknown(
          api.sendAnonymously(
              "/v1/jobs",
              r ->
                  r.header("content-type", "application/json")
                      .POST(BodyPublishers.ofString(BODY))));
      assertThat(api.number("select count(*) from job")).isZero();

      for (String header : new String[] {"x-api-key:acme-key", "authorization:bearer acme-key"}) {
        String[] pair = header.split(":", -1);
        assertThat(api.sendAnonymously("/v1/jobs/x", r -> r.header(pair[0], pair[1])).status())
            .isEqualTo(404);
      }
      assertThat(api.sendAnonymously("/actuator/health/liveness", r -> r).status()).isEqualTo(200);
      assertThat(api.sendAnonymously("/actuator/health/readiness", r -> r).status()).isEqualTo(200);
      assertThat(
              api.number(
                  "select count(*) from api_key where position('key' in encode(hash, 'escape')) > 0"))
          .isZero();
      var odd =
          RawHttp.exchange(
              api.port(),
              "GET //v1;a=b/jobs/%78 HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n",
              0);
      assertThat(odd.status()).isIn(400, 401);
    }
  }

  @Test
  void withoutAnyKeyTheServiceDoesNotStart() {
    assertThatThrownBy(() -> RunningApi.start(postgres, "millrace.api-keys="))
        .hasStackTraceContaining("MILLRACE_API_KEYS=tenant:key");
  }

  @Test
  void locallyNobodyNeedsAKeyAndOnlyThisMachineIsServed() throws IOException {
    try (var api = RunningApi.start(postgres, "millrace.local=true", "millrace.api-keys=")) {
      Answer answer =
          api.sendAnonymously(
              "/v1/jobs",
              r ->
                  r.header("content-type", "application/json").POST(BodyPublishers.ofString(BODY)));

      assertThat(answer.status()).isEqualTo(202);
      assertThat(
              api.number(
                  "select count(*) from job j join tenant t on t.id = j.tenant_id where t.name = 'default'"))
          .isEqualTo(1);
      assertThat(api.sendAs("whatever", "/v1/jobs/" + answer.text("id"), r -> r).status())
          .isEqualTo(200);
      for (String host :
          new String[] {"evil.example", "evil.example:80", "localhost.evil.example"}) {
        var reply =
            RawHttp.exchange(
                api.port(),
                "GET /v1/jobs/x HTTP/1.1\r\nhost: " + host + "\r\nconnection: close\r\n\r\n",
                0);
        assertThat(reply.status()).isEqualTo(403);
      }
      for (String host : new String[] {"localhost:8080", "[::1]:8080", "127.0.0.1"}) {
        var reply =
            RawHttp.exchange(
                api.port(),
                "GET /v1/jobs/x HTTP/1.1\r\nhost: " + host + "\r\nconnection: close\r\n\r\n",
                0);
        assertThat(reply.status()).isEqualTo(404);
      }
    }
  }

  @Test
  void localModeDoesNotServeOtherInterfaces() {
    assertThatThrownBy(
            () -> RunningApi.start(postgres, "millrace.local=true", "server.address=0.0.0.0"))
        .hasStackTraceContaining("on the loopback interface only");
  }

  private static void assertUnknown(Answer answer) {
    assertThat(answer.status()).isEqualTo(401);
    assertThat(answer.text("error", "type")).isEqualTo("authentication_error");
    assertThat(answer.text("request_id")).isEqualTo(answer.header("request-id"));
  }
}
