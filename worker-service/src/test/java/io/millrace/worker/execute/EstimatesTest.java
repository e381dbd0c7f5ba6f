package io.millrace.worker.execute;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.claude.call.Timings;
import io.millrace.claude.estimate.LearntEstimates;
import io.millrace.db.job.Claims.Claimed;
import io.millrace.money.Usage;
import io.millrace.telemetry.Metric;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class EstimatesTest {

  private static final Claimed JOB = HeldJob.in("pool", 6, true);

  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final Estimates estimates = new Estimates(new LearntEstimates(() -> 0L), meters);

  @Test
  void whatACallTookIsLearntAndItsErrorMeasured() {
    // 30 tokens in and 64 out were estimated; the connection took a second.
    var usage = Usage.of(60, 16).withCache(0, 0, 500);
    var timings =
        new Timings(
            Instant.EPOCH, Duration.ofSeconds(1), Duration.ofSeconds(2), Duration.ofSeconds(3));
    estimates.learn(JOB, estimates.expect(JOB), usage, timings);

    assertThat(error("input")).isEqualTo(2.0);
    assertThat(error("output")).isEqualTo(0.25);
    for (int i = 0; i < 60; i++) {
      estimates.learn(JOB, estimates.expect(JOB), usage, timings);
    }
    var expected = estimates.expect(JOB);
    assertThat(expected.inputTokens()).isBetween(60L, 61L);
    assertThat(expected.outputTokens()).isBetween(16L, 17L);
    assertThat(expected.outputPerSecond()).isCloseTo(16, within(0.5));
    assertThat(expected.untilFirst()).isEqualTo(Duration.ofSeconds(1));
  }

  private double error(String kind) {
    return meters
        .get(Metric.LIMITER_ESTIMATE_ERROR.meter())
        .tag("pool", "pool")
        .tag("kind", kind)
        .summary()
        .mean();
  }
}
