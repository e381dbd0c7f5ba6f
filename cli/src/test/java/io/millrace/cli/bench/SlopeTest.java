package io.millrace.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

class SlopeTest {

  @Test
  void onlyTheLaterHalfCounts() {
    assertThat(Slope.perMinute(List.of(0.0, 300.0, 10.0, 12.0, 14.0))).isCloseTo(2, within(1e-9));
    assertThat(Slope.perMinute(List.of(1.0, 9.0, 50.0, 5.0, 5.0, 5.0, 5.0))).isZero();
  }

  @Test
  void tooFewMinutesHaveNone() {
    assertThat(Slope.perMinute(List.of(1.0, 2.0, 3.0))).isNaN();
  }
}
