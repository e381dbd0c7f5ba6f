package io.millrace.worker.telemetry;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.summingInt;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.MultiGauge.Row;
import io.micrometer.core.instrument.Tags;
import io.millrace.db.job.QueueDepths;
import io.millrace.db.job.Releases;
import io.millrace.db.worker.Workers;
import io.millrace.telemetry.Metric;
import io.millrace.telemetry.MetricKind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * What waits, as gauges. Only the elected dispatcher measures, so that sums over processes count
 * nothing twice; whoever loses the office withdraws its gauges.
 */
public final class QueueGauges {

  private static final Duration PERIOD = Duration.ofSeconds(5);
  private static final Duration NOT_ELECTED = Duration.ofSeconds(1);

  private final QueueDepths depths;
  private final Releases releases;
  private final Workers workers;
  private final MultiGauge depth;
  private final MultiGauge age;
  private final MultiGauge delayed;
  private final MultiGauge released;
  private final MultiGauge rolls;
  private boolean shown;

  public QueueGauges(QueueDepths depths, Releases releases, Workers workers, MeterRegistry meters) {
    this.depths = depths;
    this.releases = releases;
    this.workers = workers;
    this.depth = gauge(Metric.QUEUE_DEPTH, meters);
    this.age = gauge(Metric.QUEUE_AGE, meters);
    this.delayed = gauge(Metric.QUEUE_DELAYED, meters);
    this.released = gauge(Metric.QUEUE_RELEASED, meters);
    this.rolls = gauge(Metric.WORKERS, meters);
  }

  /** Measures once, or withdraws what is shown; a loop's body. */
  public Duration once(boolean elected) {
    if (!elected) {
      if (shown) {
        List.of(depth, age, delayed, released, rolls).forEach(gauge -> show(gauge, List.of()));
        shown = false;
      }
      return NOT_ELECTED;
    }
    var lines = depths.lines();
    show(depth, lines.stream().map(line -> Row.of(tags(line), line.jobs())).toList());
    show(
        age,
        depths.ages().stream()
            .map(head -> Row.of(tags(head.pool(), head.lane()), head.age().toMillis() / 1e3))
            .toList());
    show(delayed, List.of(Row.of(Tags.empty(), depths.delayed())));
    show(
        released,
        releases.outstanding().stream()
            .collect(groupingBy(Releases.Outstanding::pool, summingInt(Releases.Outstanding::jobs)))
            .entrySet()
            .stream()
            .map(pool -> Row.of(Tags.of("pool", pool.getKey()), pool.getValue()))
            .toList());
    var all = workers.all();
    long lost = all.stream().filter(Workers.Beat::lost).count();
    show(
        rolls,
        List.of(
            Row.of(Tags.of("state", "alive"), all.size() - lost),
            Row.of(Tags.of("state", "lost"), lost)));
    shown = true;
    return PERIOD;
  }

  private static Tags tags(QueueDepths.Line line) {
    return tags(line.pool(), line.lane());
  }

  private static Tags tags(String pool, String lane) {
    return Tags.of("pool", pool, "lane", lane);
  }

  private static void show(MultiGauge gauge, List<? extends Row<?>> rows) {
    gauge.register(new ArrayList<>(rows), true);
  }

  private static MultiGauge gauge(Metric metric, MeterRegistry meters) {
    var builder = MultiGauge.builder(metric.meter()).description(metric.description());
    return (metric.kind() == MetricKind.SECONDS ? builder.baseUnit("seconds") : builder)
        .register(meters);
  }
}
