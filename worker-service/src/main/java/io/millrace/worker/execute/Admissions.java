package io.millrace.worker.execute;

import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.claude.call.Reply;
import io.millrace.claude.classify.Outcome;
import io.millrace.claude.estimate.Estimator;
import io.millrace.claude.limit.Admission;
import io.millrace.claude.limit.Admission.Permit;
import io.millrace.claude.limit.Limiter;
import io.millrace.claude.limit.PoolLimits;
import io.millrace.db.job.Claims.Claimed;
import io.millrace.money.Usage;
import io.millrace.telemetry.Metric;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/**
 * The executing side of the limiter: who may call now, who waits, who had better come back later.
 */
final class Admissions {

  private static final Duration SHORTEST_WAIT = Duration.ofMillis(2);
  private static final long CONGESTION_NANOS = Duration.ofSeconds(1).toNanos();
  private static final Duration BLOCK_WITHOUT_WORD = Duration.ofSeconds(1);

  private final Limiter limiter;
  private final Duration patience;
  private final LongSupplier nanoTime;
  private final MeterRegistry meters;
  private final Map<String, Long> congestedAt = new ConcurrentHashMap<>();

  Admissions(Limiter limiter, Duration patience, LongSupplier nanoTime, MeterRegistry meters) {
    this.meters = meters;
    this.limiter = limiter;
    this.patience = patience;
    this.nanoTime = nanoTime;
  }

  /** An answer to a job that wants to call. */
  sealed interface Answer {}

  record Go(Permit permit) implements Answer {}

  record Wait(Duration pause) implements Answer {}

  /** Back to the queue, not before the delay. */
  record GoAway(Duration delay) implements Answer {}

  Answer admit(Claimed job, Duration waited) {
    var admission =
        limiter.tryAdmit(job.pool(), job.estimatedInput(), Estimator.outputGuess(job.maxOutput()));
    return switch (admission) {
      case Admission.Admitted(var permit) -> new Go(permit);
      case Admission.Wait(var delay, _) -> {
        congestedAt.put(job.pool(), nanoTime.getAsLong());
        var pause = delay.compareTo(SHORTEST_WAIT) < 0 ? SHORTEST_WAIT : delay;
        boolean near = waited.plus(pause).compareTo(patience) <= 0;
        var metric = near ? Metric.LIMITER_WAITS : Metric.LIMITER_GIVEN_BACK;
        meters.counter(metric.meter(), "pool", job.pool()).increment();
        yield near ? new Wait(pause) : new GoAway(pause);
      }
    };
  }

  /** Pools in which a job had to wait within the last second. */
  List<String> congested() {
    long now = nanoTime.getAsLong();
    return congestedAt.entrySet().stream()
        .filter(entry -> now - entry.getValue() < CONGESTION_NANOS)
        .map(Map.Entry::getKey)
        .toList();
  }

  void giveBack(Permit permit) {
    limiter.giveBack(permit);
  }

  /** Corrects what was reserved by what the call turned out to take. */
  void settle(Permit permit, Outcome outcome, Reply reply) {
    if (reply instanceof Reply.Answered answer) {
      var headers = answer.headers();
      limiter.reveal(
          permit.pool(),
          new PoolLimits(
              headers.limit("requests").orElse(null),
              headers.limit("input-tokens").orElse(null),
              headers.limit("output-tokens").orElse(null)));
    }
    switch (outcome) {
      case Outcome.Succeeded(_, var facts) -> limiter.settle(permit, facts.usage());
      case Outcome.RateLimited(_, var retryAfter, var dimension) -> {
        limiter.giveBack(permit);
        limiter.block(
            permit.pool(), retryAfter == null ? BLOCK_WITHOUT_WORD : retryAfter, dimension);
      }
      case Outcome.Retryable _ when reply instanceof Reply.NothingSent -> limiter.giveBack(permit);
      case Outcome.Retryable _, Outcome.Platform _, Outcome.Permanent _ ->
          limiter.settle(permit, Usage.NONE);
      // What an ambiguous call took is not known: the estimate stands.
      case Outcome.Ambiguous _ -> {}
    }
  }
}
