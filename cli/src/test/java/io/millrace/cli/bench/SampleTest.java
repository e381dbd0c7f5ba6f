package io.millrace.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class SampleTest {

  private static final Sample HUNDRED =
      Sample.of(LongStream.rangeClosed(1, 100).map(i -> (101 - i) * 1_000).toArray());

  @Test
  void aShareIsTheSmallestTimeThatSoManyDoNotExceed() {
    assertThat(HUNDRED.millis(0.5)).isEqualTo(50);
    assertThat(HUNDRED.millis(0.99)).isEqualTo(99);
    assertThat(HUNDRED.millis(0.991)).isEqualTo(100);
    assertThat(HUNDRED.millis(1)).isEqualTo(100);
    assertThat(HUNDRED.millis(0)).isEqualTo(1);
  }

  @Test
  void oneTimeIsEveryShare() {
    assertThat(Sample.of(new long[] {2_500}).millis(0.5)).isEqualTo(2.5);
    assertThat(Sample.of(new long[] {2_500}).millis(0.99)).isEqualTo(2.5);
  }

  @Test
  void nothingHasNoShare() {
    assertThat(Sample.of(new long[0]).millis(0.5)).isNaN();
    assertThat(Sample.median()).isNaN();
  }

  @Test
  void theMedianOfAnEvenNumberLiesBetweenTheMiddleTwo() {
    assertThat(Sample.median(3, 1, 2)).isEqualTo(2);
    assertThat(Sample.median(4, 1, 2, 3)).isEqualTo(2.5);
  }
}
