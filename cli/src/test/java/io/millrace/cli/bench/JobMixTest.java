package io.millrace.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cli.bench.JobMix.Kind;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class JobMixTest {

  private final SplittableRandom random = new SplittableRandom(1);

  @Test
  void kindsComeInTheirShares() {
    var mix = JobMix.of(new Kind(0.7, 100, 0, false, 10), new Kind(0.3, 200, 0, true, 20));
    long cached = 0;
    for (int i = 0; i < 10_000; i++) {
      cached += mix.some(random).cached() ? 1 : 0;
    }
    assertThat(cached).isBetween(2_800L, 3_200L);
  }

  @Test
  void aPromptIsAsLongAsAskedFor() {
    assertThat(JobMix.Job.of(6_150, false, 10).prompt()).hasSize(6_150);
    assertThat(JobMix.Job.of(0, false, 10).prompt()).hasSize(10);
  }

  @Test
  void aCachedPrefixIsMarked() {
    assertThat(JobMix.Job.of(50, true, 10).params("claude-haiku-5-5"))
        .contains("\"cache_control\":{\"type\":\"ephemeral\"}")
        .startsWith("{\"model\":\"claude-haiku-5-5\",\"max_tokens\":10,\"system\":[");
  }
}
