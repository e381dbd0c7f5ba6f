package io.millrace.worker.batch;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.db.batch.ProviderState;
import io.millrace.telemetry.Metric;
import java.util.List;
import java.util.Map;

/** Counts what becomes of provider batches and of what they hold. */
final class BatchMeters {

  // Served from the start, so that the first of a kind is an increase that alerts see.
  private static final List<String> SENT =
      List.of("taken", "unsent", "put_off", "platform", "refused", "lost");
  private static final List<String> ITEMS =
      List.of(
          "succeeded",
          "errored",
          "canceled",
          "expired",
          "refused",
          "too_slow",
          "lost",
          "missing",
          "late",
          "unknown",
          "unreadable");

  private final MeterRegistry meters;
  private volatile Map<ProviderState, Integer> depths = Map.of();

  BatchMeters(MeterRegistry meters) {
    this.meters = meters;
    for (ProviderState state : ProviderState.values()) {
      if (state != ProviderState.SETTLED) {
        Gauge.builder(Metric.BATCHES_OPEN.meter(), this, self -> self.depths.getOrDefault(state, 0))
            .tag("state", state.wireName())
            .register(meters);
      }
    }
    SENT.forEach(outcome -> meters.counter(Metric.BATCHES_SENT.meter(), "outcome", outcome));
    ITEMS.forEach(result -> meters.counter(Metric.BATCHES_ITEMS.meter(), "result", result));
  }

  void open(Map<ProviderState, Integer> seen) {
    depths = Map.copyOf(seen);
  }

  /** A create ended: {@code taken}, {@code unsent}, {@code lost}, {@code refused}, … */
  void sent(String outcome) {
    meters.counter(Metric.BATCHES_SENT.meter(), "outcome", outcome).increment();
  }

  /** Items left their provider batch, or a late result of one was put into the books. */
  void items(String result, int items) {
    if (items > 0) {
      meters.counter(Metric.BATCHES_ITEMS.meter(), "result", result).increment(items);
    }
  }

  /** A step came to nothing, and is taken again. */
  void failed(String step, String code) {
    meters.counter(Metric.BATCHES_FAILURES.meter(), "step", step, "code", code).increment();
  }
}
