package io.millrace.worker.execute;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.claude.call.AbortReason;
import io.millrace.claude.classify.MessageFacts;
import io.millrace.claude.classify.Outcome;
import io.millrace.claude.classify.Outcome.Fault;
import io.millrace.claude.retry.RetryPolicy;
import io.millrace.claude.retry.RetrySettings;
import io.millrace.db.job.Claims.Claimed;
import io.millrace.db.job.Settlement.Effect.Finish;
import io.millrace.db.job.Settlement.Effect.Keep;
import io.millrace.db.job.Settlement.Effect.Requeue;
import io.millrace.failure.FailureCode;
import io.millrace.job.JobState;
import io.millrace.money.Usage;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class JudgementTest {

  private static final Duration PATIENCE = Duration.ofSeconds(2);
  private static final Duration HOUR = Duration.ofHours(1);
  private static final byte[] ENVELOPE =
      "{\"type\":\"error\",\"error\":{}}".getBytes(StandardCharsets.UTF_8);

  private static final Outcome OVERLOADED =
      new Outcome.Retryable(fault(FailureCode.OVERLOADED), null);
  private static final Outcome LOST = new Outcome.Ambiguous(fault(FailureCode.CONNECTION_LOST));
  private static final Outcome LIMITED =
      new Outcome.RateLimited(fault(FailureCode.RATE_LIMITED), Duration.ofSeconds(30), null);
  private static final Outcome ON_HOLD =
      new Outcome.Platform(fault(FailureCode.ORGANIZATION_ON_HOLD));
  private static final Outcome REFUSED = new Outcome.Permanent(fault(FailureCode.NOT_FOUND));

  private final Judgement judgement =
      new Judgement(new RetryPolicy(RetrySettings.DEFAULTS), PATIENCE, new Random(1));

  /** One row of the table: what happened, and in which words the verdict is to be told. */
  record Case(
      String name,
      Outcome outcome,
      int counted,
      boolean retryAmbiguous,
      Duration left,
      @Nullable AbortReason abort,
      boolean mayKeep,
      String verdict) {
    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Case> table() {
    return Stream.of(
        row("a first failure that may pass is tried again here", OVERLOADED, 1, "keep"),
        new Case(
            "whoever cannot call gives it back", OVERLOADED, 1, true, HOUR, null, false, "requeue"),
        row("the last attempt is the last", OVERLOADED, 3, "failed overloaded"),
        row("an ambiguous call is repeated", LOST, 1, "keep"),
        row("but not past the attempts", LOST, 3, "failed connection_lost"),
        new Case(
            "nor where that is not wanted",
            LOST,
            1,
            false,
            HOUR,
            null,
            true,
            "failed connection_lost"),
        row("a rate limited job waits in the queue", LIMITED, 1, "requeue"),
        row("and uses up no attempt", LIMITED, 99, "requeue"),
        row("a platform fault keeps the job queued", ON_HOLD, 99, "requeue"),
        row("what is refused is a dead letter", REFUSED, 1, "failed not_found"),
        late("past the deadline a failure expires the job", OVERLOADED, "expired"),
        late("an ambiguous call too", LOST, "expired"),
        late("a rate limited one too", LIMITED, "expired"),
        late("a platform fault too", ON_HOLD, "expired"),
        late("a refusal says more than the deadline", REFUSED, "failed not_found"),
        aborted(
            "a canceled job ends, whatever its call came to", LOST, AbortReason.CANCEL, "canceled"),
        aborted("even if it was refused", REFUSED, AbortReason.CANCEL, "canceled"),
        aborted("a drained one goes to another worker", LOST, AbortReason.DRAIN, "requeue"),
        aborted("so does one whose lease is over", LOST, AbortReason.LEASE_LOST, "requeue"));
  }

  @ParameterizedTest
  @MethodSource("table")
  void theTable(Case row) {
    var verdict =
        judgement.of(
            job(row.retryAmbiguous()),
            row.outcome(),
            row.counted(),
            row.left(),
            row.abort(),
            row.mayKeep());

    assertThat(tell(verdict)).isEqualTo(row.verdict());
  }

  @Test
  void anAnswerSucceedsEvenPastTheDeadlineAndAfterACancel() {
    byte[] message = "{\"type\":\"message\"}".getBytes(StandardCharsets.UTF_8);
    Outcome answered = new Outcome.Succeeded(message, facts());
    for (var abort : List.of(AbortReason.values())) {
      var verdict = judgement.of(job(true), answered, 1, Duration.ofSeconds(-1), abort, false);
      assertThat(verdict.effect()).isInstanceOf(Finish.class);
      assertThat(((Finish) verdict.effect()).body()).isSameAs(message);
      assertThat(tell(verdict)).isEqualTo("succeeded");
    }
  }

  @Test
  void aKeptJobPausesNoLongerThanTheWorkersPatience() {
    for (int i = 0; i < 1_000; i++) {
      var verdict = judgement.of(job(true), OVERLOADED, 2, HOUR, null, true);
      switch (verdict.effect()) {
        case Keep _ -> assertThat(verdict.pause()).isLessThanOrEqualTo(PATIENCE);
        case Requeue(var delay) -> assertThat(delay).isGreaterThan(PATIENCE);
        case Finish finish -> throw new AssertionError(finish);
      }
    }
  }

  @Test
  void aRateLimitedJobComesBackNotBeforeTheProviderSays() {
    for (int i = 0; i < 100; i++) {
      var verdict = judgement.of(job(true), LIMITED, 1, HOUR, null, true);
      assertThat(((Requeue) verdict.effect()).delay())
          .isGreaterThanOrEqualTo(Duration.ofSeconds(30));
    }
  }

  @Test
  void aDeadLetterHasTheProvidersErrorOrOneLikeIt() {
    var told = judgement.of(job(true), REFUSED, 1, HOUR, null, true);
    assertThat(((Finish) told.effect()).body()).isEqualTo(ENVELOPE);

    var silent =
        new Outcome.Permanent(new Fault(FailureCode.REFUSED, "a \"quoted\"\nword", null, null));
    var own = judgement.of(job(true), silent, 1, HOUR, null, true);
    assertThat(new String(((Finish) own.effect()).body(), StandardCharsets.UTF_8))
        .isEqualTo(
            "{\"type\":\"error\",\"error\":{\"type\":\"api_error\",\"message\":\"a \\\"quoted\\\"\\nword\"}}");
  }

  private static String tell(Judgement.Verdict verdict) {
    return switch (verdict.effect()) {
      case Keep _ -> "keep";
      case Requeue _ -> "requeue";
      case Finish(var state, var code, _) when state == JobState.FAILED -> "failed " + code;
      case Finish finish -> finish.state().wireName();
    };
  }

  private static Case row(String name, Outcome outcome, int counted, String verdict) {
    return new Case(name, outcome, counted, true, HOUR, null, true, verdict);
  }

  private static Case late(String name, Outcome outcome, String verdict) {
    return new Case(name, outcome, 1, true, Duration.ZERO, null, true, verdict);
  }

  private static Case aborted(String name, Outcome outcome, AbortReason abort, String verdict) {
    return new Case(name, outcome, 1, true, HOUR, abort, false, verdict);
  }

  private static Fault fault(FailureCode code) {
    return new Fault(code, code.description(), 400, ENVELOPE);
  }

  private static Claimed job(boolean retryAmbiguous) {
    return HeldJob.in("haiku-5.5", 3, retryAmbiguous);
  }

  private static MessageFacts facts() {
    return new MessageFacts("msg_1", "claude-haiku-5-5", "end_turn", Usage.of(10, 5), "{}");
  }
}
