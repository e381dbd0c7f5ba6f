package io.millrace.testkit.store;

import io.millrace.db.job.Claims.Claimed;
import io.millrace.db.job.Settlement.Call;
import io.millrace.db.job.Settlement.Charge;
import io.millrace.db.job.Settlement.Effect.Finish;
import io.millrace.job.JobState;
import io.millrace.money.Usage;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** Calls as a worker, or the rescue, would write them down. */
final class Calls {

  static final Finish ANSWERED = new Finish(JobState.SUCCEEDED, null, bytes("{\"id\":\"msg_1\"}"));
  static final Finish FAILED =
      new Finish(JobState.FAILED, "overloaded", bytes("{\"type\":\"error\"}"));
  static final Finish EXPIRED = new Finish(JobState.EXPIRED, null, null);
  static final Finish CANCELED = new Finish(JobState.CANCELED, null, null);
  private static final Instant START = Instant.parse("2026-11-20T10:00:00.123456Z");

  private Calls() {}

  static Call succeeded(Claimed job, int no, String amount) {
    return call(
        job,
        no,
        "succeeded",
        null,
        true,
        false,
        new Charge(
            false,
            Usage.of(2_000, 300).withCache(5, 7, 11).withWebSearches(3),
            "{\"input_tokens\":2000,\"output_tokens\":300}",
            new BigDecimal(amount),
            "test-1"));
  }

  /** A call with a complete reply that says that nothing was done. */
  static Call overloaded(Claimed job, int no) {
    return call(job, no, "retryable", "overloaded", true, false, null);
  }

  /** A call that uses up no attempt. */
  static Call rateLimited(Claimed job, int no) {
    return call(job, no, "rate_limited", "rate_limited", false, false, null);
  }

  static Call ambiguous(Claimed job, int no) {
    return call(job, no, "ambiguous", "connection_lost", true, false, suspicion());
  }

  /** What the rescue writes for a call that it did not see. */
  static Call presumed(Claimed job) {
    return call(job, job.attempts() + 1, "ambiguous", "lease_lost", true, true, suspicion());
  }

  private static Charge suspicion() {
    return new Charge(true, Usage.of(1_000, 64), null, new BigDecimal("0.000123"), null);
  }

  private static Call call(
      Claimed job,
      int no,
      String outcome,
      @Nullable String code,
      boolean counted,
      boolean presumed,
      @Nullable Charge charge) {
    return new Call(
        no,
        job.model(),
        outcome,
        code,
        code,
        null,
        null,
        START,
        null,
        START.plusSeconds(2),
        counted,
        presumed,
        charge);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
