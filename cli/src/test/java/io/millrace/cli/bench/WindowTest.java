package io.millrace.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.millrace.cli.bench.Window.Look;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class WindowTest {

  private static final List<Look> LOOKS =
      List.of(
          look(0, 1_000, 900, 5, 1.0),
          look(1, 1_500, 1_200, 6, 1.1),
          look(4, 3_000, 2_900, 9, 1.4));

  @Test
  void aRateIsWhatHappenedBetweenTheFirstAndTheLastLook() {
    var window = Window.between(LOOKS, true);
    assertThat(window.seconds()).isEqualTo(4);
    assertThat(window.acceptedPerSecond()).isEqualTo(500);
    assertThat(window.recordedPerSecond()).isEqualTo(500);
    assertThat(window.perSecond()).isEqualTo(500);
    assertThat(window.jobs()).isEqualTo(2_000);
  }

  @Test
  void slicesAreRatesOfTheirOwnLength() {
    assertThat(Window.between(LOOKS, true).slices()).containsExactly(300, 1_700 / 3.0);
    assertThat(Window.between(LOOKS, false).slices()).containsExactly(500, 500);
  }

  @Test
  void processorTimeIsByJobOfTheKindThatTheWindowIsAbout() {
    assertThat(Window.between(LOOKS, true).processor()).containsEntry("up", 2_000.0);
  }

  @Test
  void pausesAreAShareOfTheTime() {
    assertThat(Window.between(LOOKS, true).pauses().get("up")).isCloseTo(0.1, within(1e-9));
  }

  private static Look look(
      long seconds, long accepted, long recorded, long processorSeconds, double paused) {
    return new Look(
        seconds * 1_000_000_000,
        accepted,
        recorded,
        Map.of("up", processorSeconds * 1_000_000_000),
        Map.of("up", paused),
        new Metrics(List.of()));
  }
}
