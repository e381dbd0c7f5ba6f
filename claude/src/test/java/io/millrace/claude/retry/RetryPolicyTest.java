package io.millrace.claude.retry;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.claude.classify.Outcome.Ambiguous;
import io.millrace.claude.classify.Outcome.Failed;
import io.millrace.claude.classify.Outcome.Fault;
import io.millrace.claude.classify.Outcome.Permanent;
import io.millrace.claude.classify.Outcome.Platform;
import io.millrace.claude.classify.Outcome.RateLimited;
import io.millrace.claude.classify.Outcome.Retryable;
import io.millrace.claude.retry.RetryDecision.GiveUp;
import io.millrace.claude.retry.RetryDecision.Reason;
import io.millrace.claude.retry.RetryDecision.RetryAfter;
import io.millrace.failure.FailureCode;
import java.time.Duration;
import java.time.Instant;
import java.util.Random;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RetryPolicyTest {
  private static final Instant NOW = Instant.parse("2026-11-20T12:00:00Z");
  private static final Instant FAR = NOW.plus(Duration.ofDays(1));
  private static final Failed OVERLOADED = new Retryable(fault(FailureCode.OVERLOADED), null);
  private static final Failed LOST = new Ambiguous(fault(FailureCode.CONNECTION_LOST));

  private final RetryPolicy policy = new RetryPolicy(RetrySettings.DEFAULTS);

  @ParameterizedTest
  @CsvSource({"1, 1", "2, 2", "3, 4", "4, 8", "6, 32", "7, 60", "20, 60"})
  void theJitterIsFullAndItsBoundDoubles(int attempts, int boundSeconds) {
    Duration bound = Duration.ofSeconds(boundSeconds);
    var random = new Random(42);
    Duration least = bound;
    Duration most = Duration.ZERO;
    for (int i = 0; i < 2_000; i++) {
      Duration delay = retry(OVERLOADED, attempts, 99, FAR, random).delay();
      least = delay.compareTo(least) < 0 ? delay : least;
      most = delay.compareTo(most) > 0 ? delay : most;
    }

    assertThat(least).isLessThan(bound.dividedBy(50));
    assertThat(most).isBetween(bound.dividedBy(50).multipliedBy(49), bound);
  }

  @Test
  void theProvidersWaitIsTheLeast() {
    var outcome = new Retryable(fault(FailureCode.OVERLOADED), Duration.ofSeconds(30));

    for (int seed = 0; seed < 100; seed++) {
      assertThat(retry(outcome, 1, 6, FAR, new Random(seed)).delay())
          .isBetween(Duration.ofSeconds(30), Duration.ofSeconds(31));
    }
  }

  @Test
  void attemptsAreBounded() {
    assertThat(next(OVERLOADED, 5, 6, FAR)).isInstanceOf(RetryAfter.class);
    assertThat(next(OVERLOADED, 6, 6, FAR))
        .isEqualTo(new GiveUp(FailureCode.OVERLOADED, Reason.ATTEMPTS_EXHAUSTED));
    assertThat(next(LOST, 1, 1, FAR))
        .isEqualTo(new GiveUp(FailureCode.CONNECTION_LOST, Reason.ATTEMPTS_EXHAUSTED));
  }

  @Test
  void aRetryFitsBeforeTheDeadlineOrIsNotMade() {
    Instant deadline = NOW.plusSeconds(5);
    var late = new Retryable(fault(FailureCode.API_ERROR), Duration.ofSeconds(5));

    for (int seed = 0; seed < 100; seed++) {
      assertThat(retry(OVERLOADED, 10, 99, deadline, new Random(seed)).delay())
          .isLessThan(Duration.ofSeconds(5));
    }
    assertThat(next(late, 1, 6, deadline))
        .isEqualTo(new GiveUp(FailureCode.API_ERROR, Reason.DEADLINE));
    assertThat(next(OVERLOADED, 1, 6, NOW))
        .isEqualTo(new GiveUp(FailureCode.OVERLOADED, Reason.DEADLINE));
  }

  @Test
  void theJobSaysWhatFollowsAnAmbiguousCall() {
    assertThat(policy.next(LOST, 1, 6, OnAmbiguous.FAIL, FAR, NOW, new Random(1)))
        .isEqualTo(new GiveUp(FailureCode.CONNECTION_LOST, Reason.ON_AMBIGUOUS));
    assertThat(policy.next(OVERLOADED, 1, 6, OnAmbiguous.FAIL, FAR, NOW, new Random(1)))
        .isInstanceOf(RetryAfter.class);
    assertThat(next(LOST, 1, 6, FAR)).isInstanceOf(RetryAfter.class);
  }

  @Test
  void aPermanentFailureIsFinal() {
    assertThat(next(new Permanent(fault(FailureCode.INVALID_REQUEST)), 1, 6, FAR))
        .isEqualTo(new GiveUp(FailureCode.INVALID_REQUEST, Reason.PERMANENT));
  }

  @Test
  void theAccountsTroublesNeverEndAJob() {
    var limited = new RateLimited(fault(FailureCode.RATE_LIMITED), Duration.ofSeconds(20), null);
    var unsaid = new RateLimited(fault(FailureCode.RATE_LIMITED), null, null);
    var broke = new Platform(fault(FailureCode.CREDIT_BALANCE_TOO_LOW));

    for (Instant deadline : new Instant[] {FAR, NOW}) {
      assertThat(retry(limited, 99, 6, deadline, new Random(1)).delay())
          .isBetween(Duration.ofSeconds(20), Duration.ofSeconds(21));
      assertThat(retry(unsaid, 99, 6, deadline, new Random(1)).delay())
          .isBetween(Duration.ZERO, Duration.ofSeconds(1));
      assertThat(retry(broke, 99, 6, deadline, new Random(1)).delay()).isZero();
    }
  }

  private RetryDecision next(Failed outcome, int attempts, int maxAttempts, Instant deadline) {
    return policy.next(
        outcome, attempts, maxAttempts, OnAmbiguous.RETRY, deadline, NOW, new Random(7));
  }

  private RetryAfter retry(
      Failed outcome, int attempts, int maxAttempts, Instant deadline, RandomGenerator random) {
    return (RetryAfter)
        policy.next(outcome, attempts, maxAttempts, OnAmbiguous.RETRY, deadline, NOW, random);
  }

  private static Fault fault(FailureCode code) {
    return Fault.of(code, "");
  }
}
