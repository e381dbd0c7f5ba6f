package io.millrace.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.millrace.cli.bench.Share.Span;
import io.millrace.simulator.limit.Caller;
import io.millrace.simulator.limit.Dimension;
import io.millrace.simulator.limit.PoolSecond;
import io.millrace.simulator.limit.Use;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ShareTest {

  private static final Map<Dimension, Long> LIMITS = Map.of(Dimension.REQUESTS, 600L);
  private static final Span SPAN = new Span(100, 110);

  @Test
  void onlyTheWindowCounts() {
    List<PoolSecond> history = new ArrayList<>();
    for (int second = 90; second < 120; second++) {
      history.add(second(second, 9, 0, 20));
    }
    Share share = share(history);
    assertThat(share.used()).isEqualTo(90);
    assertThat(share.available()).isEqualTo(100);
    assertThat(share.percent()).isEqualTo(90);
  }

  @Test
  void aSecondWithoutACallIsAvailableAllTheSame() {
    assertThat(share(List.of(second(103, 10, 0, 20))).percent()).isEqualTo(10);
  }

  @Test
  void whatOthersUsedIsNotAvailable() {
    List<PoolSecond> history = new ArrayList<>();
    for (int second = 100; second < 110; second++) {
      history.add(second(second, 8, 2, 20));
    }
    Share share = share(history);
    assertThat(share.available()).isEqualTo(80);
    assertThat(share.percent()).isEqualTo(100);
    assertThat(Share.use(history, Caller.OTHERS, SPAN).requests()).isEqualTo(20);
  }

  @Test
  void whatTheBucketHeldAtTheBeginningAndNoMoreAtTheEndWasAvailableToo() {
    var history = List.of(second(99, 0, 0, 50), second(105, 140, 0, 40), second(109, 0, 0, 10));
    assertThat(share(history).available()).isEqualTo(140);
    assertThat(share(history).percent()).isEqualTo(100);
    // What it holds more at the end than at the beginning was there to be used.
    var filled = List.of(second(99, 0, 0, 10), second(109, 50, 0, 50));
    assertThat(share(filled).available()).isEqualTo(100);
  }

  @Test
  void theLowestLevelIsToldInSecondsOfTheLimit() {
    var history = List.of(second(101, 1, 0, 30), second(102, 1, 0, -5), second(120, 1, 0, -50));
    assertThat(share(history).lowest()).isEqualTo(-0.5);
  }

  @Test
  void recoveryIsTheTimeUntilTheMeanIsBack() {
    List<PoolSecond> history = new ArrayList<>();
    for (int second = 80; second < 140; second++) {
      history.add(second(second, second >= 102 && second < 107 ? 4 : 10, 0, 20));
    }
    var recovery = Share.after(history, Dimension.REQUESTS, 600, 100, 140);
    // Five seconds of full use from 107 on end with 111.
    assertThat(recovery.seconds()).isEqualTo(12);
    assertThat(recovery.lost()).isCloseTo(3, within(1e-9));
  }

  @Test
  void nothingLostNeedsNoRecovery() {
    List<PoolSecond> history = new ArrayList<>();
    for (int second = 80; second < 140; second++) {
      history.add(second(second, 10, 0, 20));
    }
    var recovery = Share.after(history, Dimension.REQUESTS, 600, 100, 140);
    assertThat(recovery.seconds()).isZero();
    assertThat(recovery.lost()).isCloseTo(0, within(1e-9));
  }

  @Test
  void whatIsNotGotOverIsNoNumber() {
    List<PoolSecond> history = new ArrayList<>();
    for (int second = 80; second < 140; second++) {
      history.add(second(second, second < 100 ? 10 : 7, 0, 20));
    }
    assertThat(Share.after(history, Dimension.REQUESTS, 600, 100, 140).seconds()).isNaN();
  }

  private static Share share(List<PoolSecond> history) {
    return Share.of(history, Caller.MILLRACE, LIMITS, SPAN).getFirst();
  }

  private static PoolSecond second(long second, long own, long others, double level) {
    var levels = Map.of(Dimension.REQUESTS, level);
    return new PoolSecond(
        second, new Use(own, 0, 0, 0, 0, 0), new Use(others, 0, 0, 0, 0, 0), levels, levels);
  }
}
