package io.millrace.simulator.timing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LatencyTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          instant                        | instant
          300                            | 300
          1.5s                           | 1500
          uniform(200ms, 2s)             | uniform(200,2000)
          lognormal(800ms,0.4)+5ms/token | lognormal(800,0.4)+5/token
          """)
  void whatIsReadIsWrittenAgain(String text, String again) {
    assertThat(Latency.parse(text)).hasToString(again);
    assertThat(Latency.parse(again)).isEqualTo(Latency.parse(text));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "soon",
        "-5",
        "uniform(5)",
        "uniform(5,4)",
        "normal(1,2)",
        "5+5",
        "5+uniform(1,2)/token"
      })
  void anythingElseIsRefused(String text) {
    assertThatThrownBy(() -> Latency.parse(text)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void theMedianIsTheMedian() {
    SplittableRandom random = new SplittableRandom(1);
    Latency latency = Latency.parse("lognormal(400,0.35)+2/token");
    long[] drawn = random.longs(1_001).map(any -> latency.nanos(random, 100)).sorted().toArray();
    assertThat(drawn[500] / 1e6).isBetween(580.0, 620.0);
    assertThat(Arrays.stream(drawn).min().getAsLong()).isGreaterThan(200_000_000);
  }
}
