package io.millrace.worker.deliver;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.millrace.db.webhook.AttemptRecord.Effect;
import io.millrace.delivery.DeliveryError;
import io.millrace.telemetry.LatencyBuckets;
import io.millrace.telemetry.Metric;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** What is measured of deliveries. */
final class DeliveryMeters {

  private static final String NONE = "none";

  private final MeterRegistry meters;
  private final Timer start;

  DeliveryMeters(MeterRegistry meters) {
    this.meters = meters;
    this.start =
        Timer.builder(Metric.WEBHOOKS_START.meter())
            .serviceLevelObjectives(LatencyBuckets.bounds())
            .register(meters);
    // There from the start, so that a rate of it has a beginning.
    var _ = meters.counter(Metric.WEBHOOKS.meter(), "outcome", "delivered", "error", NONE);
  }

  /** A first attempt begins, so long after its event's commit. */
  void started(Duration afterCommit) {
    start.record(afterCommit);
  }

  /** An attempt, or a delivery without one, came to this. */
  void ended(Effect effect, @Nullable DeliveryError error, boolean recorded) {
    meters
        .counter(
            Metric.WEBHOOKS.meter(),
            "outcome",
            recorded ? outcome(effect) : "unrecorded",
            "error",
            error == null ? NONE : error.wireName())
        .increment();
  }

  private static String outcome(Effect effect) {
    return switch (effect) {
      case Effect.Delivered _ -> "delivered";
      case Effect.Retry _ -> "retry";
      case Effect.Failed _ -> "failed";
      case Effect.Dropped _ -> "dropped";
      case Effect.Gone _ -> "gone";
      case Effect.GivenBack _ -> "given_back";
    };
  }
}
