package io.millrace.worker.execute;

import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.claude.call.Timings;
import io.millrace.claude.estimate.Expected;
import io.millrace.claude.estimate.LearntEstimates;
import io.millrace.claude.estimate.LearntEstimates.Request;
import io.millrace.db.job.Claims.Claimed;
import io.millrace.money.Usage;
import io.millrace.telemetry.Metric;
import java.time.Duration;

/** What this worker's calls are expected to take, learnt from those that it made. */
final class Estimates {

  private final LearntEstimates learnt;
  private final MeterRegistry meters;

  Estimates(LearntEstimates learnt, MeterRegistry meters) {
    this.learnt = learnt;
    this.meters = meters;
  }

  Expected expect(Claimed job) {
    return learnt.expect(request(job));
  }

  /**
   * Takes in what a call took.
   *
   * @param expected of it before it was sent
   */
  void learn(Claimed job, Expected expected, Usage usage, Timings timings) {
    error(job, "input", usage.rateLimitedInputTokens(), expected.inputTokens());
    error(job, "output", usage.outputTokens(), expected.outputTokens());
    Duration sent = timings.sent() == null ? Duration.ZERO : timings.sent();
    Duration whole = timings.ended().minus(sent);
    Duration first = timings.replied() == null ? whole : timings.replied().minus(sent);
    learnt.learn(request(job), usage, first, whole);
  }

  private void error(Claimed job, String kind, long taken, long expected) {
    DistributionSummary.builder(Metric.LIMITER_ESTIMATE_ERROR.meter())
        .tag("pool", job.pool())
        .tag("kind", kind)
        .register(meters)
        .record((double) taken / (double) Math.max(1, expected));
  }

  private static Request request(Claimed job) {
    return new Request(
        job.model(), job.tenantId(), job.feature(), job.estimatedInput(), job.maxOutput());
  }
}
