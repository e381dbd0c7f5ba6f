package io.millrace.api.wake;

import static io.millrace.api.RunningApi.BODY;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.RunningApi;
import io.millrace.testkit.PostgresExtension;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class ShutdownIT {

  @RegisterExtension final PostgresExtension postgres = PostgresExtension.shared();

  @Test
  void whoWaitsIsAnsweredWhenTheServiceStops() throws Exception {
    try (var api = RunningApi.start(postgres)) {
      String id = api.post(BODY).text("id");
      var waiting = CompletableFuture.supplyAsync(() -> api.get("/v1/jobs/" + id + "?wait=60"));
      var waiters = api.context().getBean(Waiters.class);
      while (waiters.isEmpty()) {
        LockSupport.parkNanos(1_000_000);
      }
      long start = System.nanoTime();

      api.context().close();

      assertThat(waiting.get().text("status")).isEqualTo("queued");
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(15));
    }
  }
}
