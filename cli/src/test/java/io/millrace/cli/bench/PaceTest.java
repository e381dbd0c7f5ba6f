package io.millrace.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PaceTest {

  @Test
  void anOpenLoopKeepsToItsTimesForEver() {
    var pace = new Pace.Open(1_000_000, 7, 300);
    assertThat(pace.intended(0)).isEqualTo(7);
    assertThat(pace.intended(300)).isEqualTo(1_000_007);
    assertThat(pace.intended(900_000)).isEqualTo(3_000_000_007L);
  }
}
