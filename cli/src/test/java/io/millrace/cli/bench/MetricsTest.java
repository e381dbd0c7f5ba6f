package io.millrace.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Map;
import org.junit.jupiter.api.Test;

class MetricsTest {

  private static final Metrics METRICS =
      Metrics.parse(
          """
          # HELP millrace_jobs_finished_total jobs
          # TYPE millrace_jobs_finished_total counter
          millrace_jobs_finished_total{lane="standard",pool="haiku-5-5",state="succeeded"} 1.25E3
          millrace_jobs_finished_total{lane="bulk",pool="haiku-5-5",state="succeeded"} 50.0
          millrace_jobs_held 7.0
          """);

  @Test
  void aSumIsOverAllLabelsThatAreNotNamed() {
    assertThat(METRICS.sum("millrace_jobs_finished_total", Map.of())).isEqualTo(1_300);
    assertThat(METRICS.sum("millrace_jobs_finished_total", Map.of("lane", "bulk"))).isEqualTo(50);
    assertThat(METRICS.sum("millrace_jobs_held", Map.of())).isEqualTo(7);
    assertThat(METRICS.sum("not_there", Map.of())).isZero();
  }

  @Test
  void ofAHistogramOnlyWhatCameSinceCounts() {
    var before = Metrics.parse(histogram(100, 100, 100));
    var after = Metrics.parse(histogram(100, 150, 200));
    var call = after.since(before, "millrace_hop_seconds", "hop").get("call");
    assertThat(call).containsEntry(0.01, 0.0).containsEntry(0.02, 50.0);
    assertThat(Metrics.quantileMillis(call, 0.25)).isCloseTo(15, within(1e-9));
    assertThat(Metrics.quantileMillis(call, 0.5)).isCloseTo(20, within(1e-9));
    assertThat(Metrics.quantileMillis(call, 0.99)).isEqualTo(20);
  }

  private static String histogram(int ten, int twenty, int all) {
    return """
    millrace_hop_seconds_bucket{hop="call",lane="standard",le="0.01"} %d
    millrace_hop_seconds_bucket{hop="call",lane="standard",le="0.02"} %d
    millrace_hop_seconds_bucket{hop="call",lane="standard",le="+Inf"} %d
    """
        .formatted(ten, twenty, all);
  }
}
