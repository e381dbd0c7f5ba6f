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
  void withoutAnyKeyTheServiceDoesNotStart() {
    assertThatThrownBy(() -> RunningApi.start(postgres, "millrace.api-keys="))
        .hasStackTraceContaining("MILLRACE_API_KEYS=tenant:key")
        .hasStackTraceContaining("keys create");
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
      assertThat(api.sendAnonymously("/v1/tenants", r -> r).text("first_id")).isEqualTo("default");
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
}
