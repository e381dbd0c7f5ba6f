package io.millrace.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import org.junit.jupiter.api.Test;

class MutableClockTest {

  private static final Instant START = Instant.parse("2026-11-20T12:00:00Z");

  private final MutableClock clock = MutableClock.at(START);

  @Test
  void itStandsStillUntilItIsMoved() {
    assertThat(clock.instant()).isEqualTo(START).isEqualTo(clock.instant());
    clock.advance(Duration.ofSeconds(90));
    assertThat(clock.instant()).isEqualTo(START.plusSeconds(90));
    clock.set(START);
    assertThat(clock.instant()).isEqualTo(START);
  }

  @Test
  void itMovesInEveryZoneAtOnce() {
    var elsewhere = clock.withZone(ZoneId.of("Pacific/Chatham"));
    clock.advance(Duration.ofHours(-1));
    assertThat(elsewhere.instant()).isEqualTo(START.minusSeconds(3600));
    assertThat(elsewhere.getZone()).isEqualTo(ZoneId.of("Pacific/Chatham"));
  }
}
