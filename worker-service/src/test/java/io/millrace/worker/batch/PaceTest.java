package io.millrace.worker.batch;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class PaceTest {

  private final Pace pace = new Pace(Duration.ofSeconds(60));

  @Test
  void looksBeginSoonAndGrowSeldom() {
    assertThat(pace.poll(0)).isEqualTo(Duration.ofSeconds(5));
    assertThat(pace.poll(3)).isBetween(Duration.ofSeconds(10), Duration.ofSeconds(12));
    assertThat(pace.poll(10)).isEqualTo(Duration.ofSeconds(60));
    assertThat(pace.poll(1_000)).isEqualTo(Duration.ofSeconds(60));
  }

  @Test
  void nothingIsLookedAtLessOftenThanIsAllowed() {
    assertThat(new Pace(Duration.ofSeconds(1)).poll(0)).isEqualTo(Duration.ofSeconds(1));
    assertThat(pace.look(Duration.ofHours(1))).isEqualTo(Duration.ofSeconds(60));
    assertThat(pace.look(Duration.ZERO)).isEqualTo(Duration.ofSeconds(2));
  }

  @Test
  void triesGrowRarer() {
    assertThat(pace.retry(1)).isEqualTo(Duration.ofSeconds(5));
    assertThat(pace.retry(2)).isGreaterThan(Duration.ofSeconds(10));
    assertThat(pace.retry(50)).isEqualTo(Duration.ofMinutes(2));
  }
}
