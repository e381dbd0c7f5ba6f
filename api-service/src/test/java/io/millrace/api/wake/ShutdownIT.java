package io.millrace.api.wake;

import static io.millrace.api.RunningApi.BODY;
import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.api.RunningApi;
import io.millrace.telemetry.Metric;
import io.millrace.testkit.PostgresExtension;
import java.nio.charset.StandardCharsets;
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
      var stream = CompletableFuture.supplyAsync(() -> text(api.get("/v1/events")));
      var ofJob = CompletableFuture.supplyAsync(() -> text(api.get("/v1/jobs/" + id + "/events")));
      while (!bothStreamsAreOpen(api)) {
        LockSupport.parkNanos(1_000_000);
      }
      var waiters = api.context().getBean(Waiters.class);
      while (waiters.isEmpty()) {
        LockSupport.parkNanos(1_000_000);
      }
      long start = System.nanoTime();

      api.context().close();

      assertThat(waiting.get().text("status")).isEqualTo("queued");
      assertThat(stream.get()).contains("event: stream.ended", "\"reason\":\"shutdown\"");
      assertThat(ofJob.get()).contains("event: job.queued", "\"reason\":\"shutdown\"");
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(15));
    }
  }

  private static boolean bothStreamsAreOpen(RunningApi api) {
    var meters = api.context().getBean(MeterRegistry.class);
    return meters.get(Metric.STREAMS.meter()).gauges().stream()
        .allMatch(gauge -> gauge.value() == 1);
  }

  private static String text(RunningApi.Answer answer) {
    return new String(answer.response().body(), StandardCharsets.UTF_8);
  }
}
