package io.millrace.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ProcessorTest {

  @Test
  void aNameWithBracketsAndBlanksIsSkipped() {
    String stat = "4711 (a (strange) name) S 1 4711 4711 0 -1 4194304 9 8 7 6 100 20 30 4 20 0 1";
    assertThat(Processor.ticks(stat, 11, 12)).isEqualTo(120);
    assertThat(Processor.ticks(stat, 11, 12, 13, 14)).isEqualTo(154);
  }
}
