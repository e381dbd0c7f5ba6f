package io.millrace.claude.breaker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.millrace.claude.breaker.Breaker.State;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class BreakerTest {

  private static final Duration SECOND = Duration.ofSeconds(1);

  private long now = 1L << 40;
  private final Breakers breakers = new Breakers(BreakerTerms.DEFAULTS, () -> now);
  private final Breaker breaker = breakers.of("opus");

  @Test
  void itOpensOnceHalfOfEnoughCallsFailed() {
    for (int i = 0; i < 10; i++) {
      assertThat(call(Sign.WORKS)).isEmpty();
    }
    for (int i = 0; i < 9; i++) {
      assertThat(call(Sign.FAILS)).isEmpty();
    }

    assertThat(call(Sign.FAILS)).contains(Duration.ofSeconds(5));

    assertThat(breaker.state()).isEqualTo(State.OPEN);
    assertThat(breaker.tryPass()).isEmpty();
    assertThat(breaker.pause()).isEqualTo(Duration.ofSeconds(5));
  }

  @Test
  void aFewFailuresAmongManyCallsDoNotOpenIt() {
    for (int i = 0; i < 1_000; i++) {
      call(i % 5 < 2 ? Sign.FAILS : Sign.WORKS);
    }

    assertThat(breaker.state()).isEqualTo(State.CLOSED);
  }

  @Test
  void signsThatSayNothingDoNotCount() {
    for (int i = 0; i < 1_000; i++) {
      call(Sign.NOTHING);
    }
    fail(19);

    assertThat(breaker.state()).isEqualTo(State.CLOSED);
  }

  @Test
  void eachOpeningWithoutAClosingTakesTwiceAsLong() {
    List<Long> seconds =
        IntStream.range(0, 6)
            .mapToObj(_ -> {
              var opened = fail(20).toSeconds();
              assertThat(breaker.state()).isEqualTo(State.OPEN);
              now += opened * SECOND.toNanos();
              assertThat(breaker.state()).isEqualTo(State.HALF_OPEN);
              now += 1_000_000;
              return opened;
            })
            .toList();

    assertThat(seconds).containsExactly(5L, 10L, 20L, 40L, 60L, 60L);
  }

  @Test
  void threeGoodCallsCloseItAndTheNextOpeningIsShortAgain() {
    fail(20);
    now += Duration.ofSeconds(6).toNanos();
    var three = List.of(pass(), pass(), pass());
    assertThat(three).allMatch(Breaker.Passage::isTrial);
    assertThat(breaker.tryPass()).isEmpty();
    assertThat(breaker.pause()).isEqualTo(SECOND);

    three.forEach(passage -> passage.saw(Sign.WORKS));

    assertThat(breaker.state()).isEqualTo(State.CLOSED);
    assertThat(pass().isTrial()).isFalse();
    assertThat(fail(20)).isEqualTo(Duration.ofSeconds(5));
  }

  @Test
  void aPassageThatWasNotUsedIsForTheNext() {
    fail(20);
    now += Duration.ofSeconds(6).toNanos();

    for (int i = 0; i < 10; i++) {
      try (var unused = pass()) {
        assertThat(unused.saw(Sign.NOTHING)).isEmpty();
      }
    }

    assertThat(breaker.tryPass()).isPresent();
  }

  @Test
  void callsOfBeforeTheOpeningDoNotDecideAfterIt() {
    var old = IntStream.range(0, 50).mapToObj(_ -> pass()).toList();
    fail(20);
    now += Duration.ofSeconds(6).toNanos();
    var tried = pass();

    old.forEach(passage -> assertThat(passage.saw(Sign.FAILS)).isEmpty());
    old.forEach(Breaker.Passage::close);

    assertThat(breaker.state()).isEqualTo(State.HALF_OPEN);
    tried.saw(Sign.WORKS);
    call(Sign.WORKS);
    call(Sign.WORKS);
    assertThat(breaker.state()).isEqualTo(State.CLOSED);
  }

  @Test
  void itKnowsWhetherTheServiceSaidItselfThatItFails() {
    fail(20);
    assertThat(breaker.isOutOfReach()).isFalse();
    now += Duration.ofSeconds(6).toNanos();

    for (int i = 0; i < 3; i++) {
      call(Sign.OUT_OF_REACH);
    }

    assertThat(breaker.state()).isEqualTo(State.OPEN);
    assertThat(breaker.isOutOfReach()).isTrue();
  }

  @Test
  void slowCallsAreNotFailures() {
    for (int i = 0; i < 100; i++) {
      var passage = pass();
      now += Duration.ofMinutes(9).toNanos();
      passage.saw(Sign.WORKS);
    }

    assertThat(breaker.state()).isEqualTo(State.CLOSED);
  }

  @Test
  void poolsMadeUpByCallersDoNotPileUpNorCloseAnOpenOne() {
    fail(20);
    for (int i = 0; i < 5_000; i++) {
      breakers.of("made-up-" + i);
    }

    assertThat(breakers.of("opus")).isSameAs(breaker);
    assertThat(breakers.state("opus")).isEqualTo(State.OPEN);
    assertThat(breakers.state("never called")).isEqualTo(State.CLOSED);
  }

  @Test
  void termsThatMakeNoSenseAreRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new BreakerTerms(10, 11, 50, SECOND, SECOND, 1));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new BreakerTerms(10, 10, 0, SECOND, SECOND, 1));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new BreakerTerms(10, 10, 50, SECOND, Duration.ofMillis(999), 1));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new BreakerTerms(10, 10, 50, SECOND, SECOND, 0));
  }

  /** Fails until it opens. */
  private Duration fail(int most) {
    for (int i = 0; i < most; i++) {
      var opened = call(Sign.FAILS);
      if (opened.isPresent()) {
        return opened.get();
      }
    }
    return Duration.ZERO;
  }

  private Optional<Duration> call(Sign sign) {
    try (var passage = pass()) {
      return passage.saw(sign);
    }
  }

  private Breaker.Passage pass() {
    return breaker.tryPass().orElseThrow();
  }
}
