package io.millrace.api.submit;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.millrace.job.Lane;
import io.millrace.telemetry.Hop;
import io.millrace.telemetry.LatencyBuckets;
import io.millrace.telemetry.Metric;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/** Times the first hop of a job: from its request to its commit. */
final class IntakeTimer {

  private final Map<Lane, Timer> timers = new EnumMap<>(Lane.class);

  IntakeTimer(MeterRegistry meters) {
    for (Lane lane : Lane.values()) {
      timers.put(
          lane,
          Timer.builder(Metric.HOP.meter())
              .description(Metric.HOP.description())
              .tags("hop", Hop.INTAKE.wireName(), "lane", lane.wireName())
              .serviceLevelObjectives(LatencyBuckets.bounds())
              .register(meters));
    }
  }

  void record(Lane lane, long nanos) {
    Objects.requireNonNull(timers.get(lane)).record(nanos, TimeUnit.NANOSECONDS);
  }
}
