package io.millrace.worker.execute;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.claude.call.Reply;
import io.millrace.claude.call.Timings;
import io.millrace.claude.classify.MessageFacts;
import io.millrace.claude.classify.Outcome;
import io.millrace.claude.classify.Outcome.Fault;
import io.millrace.claude.limit.Admission.Permit;
import io.millrace.claude.limit.Limiter;
import io.millrace.claude.limit.PoolLimits;
import io.millrace.db.job.Claims.Claimed;
import io.millrace.failure.FailureCode;
import io.millrace.money.Usage;
import io.millrace.worker.execute.Admissions.Go;
import io.millrace.worker.execute.Admissions.GoAway;
import io.millrace.worker.execute.Admissions.Wait;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class AdmissionsTest {

  private static final Duration PATIENCE = Duration.ofSeconds(2);
  private static final Claimed FREE = HeldJob.in("free", 6, true);

  /** One request a second, and no more than one at once. */
  private static final Claimed SLOW = HeldJob.in("slow", 6, true);

  /** Thirty input tokens a second, five seconds of them at once: five of these jobs. */
  private static final Claimed THIRSTY = HeldJob.in("thirsty", 6, true);

  private static final Reply NOTHING_SENT =
      new Reply.NothingSent(
          FailureCode.CONNECT_FAILED, "", new Timings(Instant.EPOCH, null, null, Duration.ZERO));
  private static final Reply BROKEN =
      new Reply.Broken(
          FailureCode.CONNECTION_LOST,
          "",
          null,
          null,
          0,
          new Timings(Instant.EPOCH, Duration.ZERO, null, Duration.ZERO));

  private final AtomicLong nanos = new AtomicLong(1_000_000_000_000L);
  private final Admissions admissions =
      new Admissions(
          new Limiter(
              Map.of(
                  "slow", new PoolLimits(60L, null, null),
                  "thirsty", new PoolLimits(null, 1_800L, null)),
              nanos::get),
          PATIENCE,
          nanos::get,
          new SimpleMeterRegistry());

  @Test
  void whereNothingIsLimitedEveryJobGoes() {
    for (int i = 0; i < 1_000; i++) {
      go(FREE);
    }
    assertThat(admissions.congested()).isEmpty();
  }

  @Test
  void aJobWaitsForTheRateWithinItsPatience() {
    go(SLOW);

    var answer = admissions.admit(SLOW, Duration.ZERO);

    assertThat(answer).isInstanceOf(Wait.class);
    advance(((Wait) answer).pause());
    go(SLOW);
  }

  @Test
  void whoWouldWaitPastHisPatienceGoesAway() {
    go(SLOW);

    assertThat(admissions.admit(SLOW, PATIENCE)).isInstanceOf(GoAway.class);
    assertThat(admissions.admit(SLOW, PATIENCE.minusSeconds(1))).isInstanceOf(Wait.class);
  }

  @Test
  void aPoolIsCongestedForASecondAfterAJobHadToWait() {
    go(SLOW);
    admissions.admit(SLOW, Duration.ZERO);

    assertThat(admissions.congested()).containsExactly("slow");
    advance(Duration.ofSeconds(1));
    assertThat(admissions.congested()).isEmpty();
  }

  @Test
  void aPermitGivenBackIsAsIfItHadNeverBeen() {
    admissions.giveBack(go(SLOW));

    go(SLOW);
  }

  @Test
  void aCallOfWhichNothingWasSentGivesItsPermitBack() {
    admissions.settle(
        go(SLOW), new Outcome.Retryable(fault(FailureCode.CONNECT_FAILED), null), NOTHING_SENT);

    go(SLOW);
  }

  @Test
  void aRefusedCallKeepsItsRequestButNoTokens() {
    drain(THIRSTY);
    var refused = new Outcome.Permanent(fault(FailureCode.NOT_FOUND));
    admissions.settle(permit(THIRSTY), refused, BROKEN);
    go(THIRSTY);

    go(SLOW);
    admissions.settle(permit(SLOW), refused, BROKEN);
    assertThat(admissions.admit(SLOW, Duration.ZERO)).isInstanceOf(Wait.class);
  }

  @Test
  void anAnswerIsSettledByWhatItTook() {
    drain(THIRSTY);
    var facts = new MessageFacts("msg_1", "m", "end_turn", Usage.of(1, 1), "{}");
    for (int i = 0; i < 2; i++) {
      admissions.settle(permit(THIRSTY), new Outcome.Succeeded(new byte[0], facts), BROKEN);
    }
    go(THIRSTY);
  }

  @Test
  void whatAnAmbiguousCallTookStaysTaken() {
    drain(THIRSTY);
    admissions.settle(
        permit(THIRSTY), new Outcome.Ambiguous(fault(FailureCode.CONNECTION_LOST)), BROKEN);

    assertThat(admissions.admit(THIRSTY, Duration.ZERO)).isInstanceOf(Wait.class);
  }

  @Test
  void aRateLimitStopsThePoolForAsLongAsTheProviderSays() {
    var limited =
        new Outcome.RateLimited(fault(FailureCode.RATE_LIMITED), Duration.ofSeconds(30), null);
    admissions.settle(go(FREE), limited, BROKEN);

    assertThat(admissions.admit(FREE, Duration.ZERO)).isEqualTo(new GoAway(Duration.ofSeconds(30)));
    advance(Duration.ofSeconds(30));
    go(FREE);
  }

  @Test
  void aRateLimitWithoutAWordStopsThePoolForASecond() {
    var limited = new Outcome.RateLimited(fault(FailureCode.RATE_LIMITED), null, null);
    admissions.settle(go(FREE), limited, BROKEN);

    assertThat(admissions.admit(FREE, Duration.ZERO)).isEqualTo(new Wait(Duration.ofSeconds(1)));
  }

  private void drain(Claimed job) {
    while (admissions.admit(job, Duration.ZERO) instanceof Go) {}
  }

  private Permit go(Claimed job) {
    var answer = admissions.admit(job, Duration.ZERO);
    assertThat(answer).isInstanceOf(Go.class);
    return ((Go) answer).permit();
  }

  /** One that was handed out before. */
  private static Permit permit(Claimed job) {
    return new Permit(job.pool(), job.estimatedInput(), job.maxOutput());
  }

  private static Fault fault(FailureCode code) {
    return new Fault(code, code.description(), null, null);
  }

  private void advance(Duration by) {
    nanos.addAndGet(by.toNanos());
  }
}
