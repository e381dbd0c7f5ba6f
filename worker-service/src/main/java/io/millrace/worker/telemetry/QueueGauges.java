package io.millrace.worker.telemetry;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.summingInt;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.MultiGauge.Row;
import io.micrometer.core.instrument.Tags;
import io.millrace.db.job.QueueDepths;
import io.millrace.db.job.Releases;
import io.millrace.db.limit.PoolPauses;
import io.millrace.db.limit.RatePools;
import io.millrace.db.sql.Database;
import io.millrace.db.webhook.DeliveryDepths;
import io.millrace.db.worker.Workers;
import io.millrace.job.Lane;
import io.millrace.telemetry.Metric;
import io.millrace.telemetry.MetricKind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * What waits, as gauges. Only the elected dispatcher measures, so that sums over processes count
 * nothing twice; whoever loses the office withdraws its gauges.
 */
public final class QueueGauges {

  private static final Duration PERIOD = Duration.ofSeconds(5);
  private static final Duration NOT_ELECTED = Duration.ofSeconds(1);

  private final Stores stores;
  private final MultiGauge depth;
  private final MultiGauge age;
  private final MultiGauge delayed;
  private final MultiGauge released;
  private final MultiGauge rolls;
  private final MultiGauge paused;
  private final MultiGauge waiting;
  private final MultiGauge webhooks;
  private final MultiGauge webhooksAge;
  private final MultiGauge disabled;
  private boolean shown;

  /** What is asked for the figures. */
  record Stores(
      QueueDepths depths,
      Releases releases,
      Workers workers,
      PoolPauses pauses,
      RatePools rates,
      DeliveryDepths deliveries) {

    static Stores of(Database database) {
      return new Stores(
          new QueueDepths(database),
          new Releases(database),
          new Workers(database),
          new PoolPauses(database),
          new RatePools(database),
          new DeliveryDepths(database));
    }
  }

  QueueGauges(Stores stores, MeterRegistry meters) {
    this.stores = stores;
    this.depth = gauge(Metric.QUEUE_DEPTH, meters);
    this.age = gauge(Metric.QUEUE_AGE, meters);
    this.delayed = gauge(Metric.QUEUE_DELAYED, meters);
    this.released = gauge(Metric.QUEUE_RELEASED, meters);
    this.rolls = gauge(Metric.WORKERS, meters);
    this.paused = gauge(Metric.POOL_PAUSED, meters);
    this.waiting = gauge(Metric.POOL_WAITING, meters);
    this.webhooks = gauge(Metric.WEBHOOKS_PENDING, meters);
    this.webhooksAge = gauge(Metric.WEBHOOKS_AGE, meters);
    this.disabled = gauge(Metric.WEBHOOKS_DISABLED, meters);
  }

  /** Measures once, or withdraws what is shown; a loop's body. */
  public Duration once(boolean elected) {
    if (!elected) {
      if (shown) {
        all().forEach(gauge -> show(gauge, List.of()));
        shown = false;
      }
      return NOT_ELECTED;
    }
    var lines = stores.depths().lines();
    show(depth, lines.stream().map(line -> Row.of(tags(line), line.jobs())).toList());
    show(
        age,
        stores.depths().ages().stream()
            .map(head -> Row.of(tags(head.pool(), head.lane()), head.age().toMillis() / 1e3))
            .toList());
    show(delayed, List.of(Row.of(Tags.empty(), stores.depths().delayed())));
    show(
        released,
        stores.releases().outstanding().stream()
            .collect(groupingBy(Releases.Outstanding::pool, summingInt(Releases.Outstanding::jobs)))
            .entrySet()
            .stream()
            .map(pool -> Row.of(Tags.of("pool", pool.getKey()), pool.getValue()))
            .toList());
    var all = stores.workers().all();
    long lost = all.stream().filter(Workers.Beat::lost).count();
    show(
        rolls,
        List.of(
            Row.of(Tags.of("state", "alive"), all.size() - lost),
            Row.of(Tags.of("state", "lost"), lost)));
    showPools();
    showWebhooks();
    shown = true;
    return PERIOD;
  }

  private List<MultiGauge> all() {
    return List.of(
        depth, age, delayed, released, rolls, paused, waiting, webhooks, webhooksAge, disabled);
  }

  private void showWebhooks() {
    show(webhooks, List.of(Row.of(Tags.empty(), stores.deliveries().pending())));
    show(
        webhooksAge,
        List.of(Row.of(Tags.empty(), stores.deliveries().oldestDue().toMillis() / 1e3)));
    show(
        disabled,
        stores.deliveries().disabled().entrySet().stream()
            .map(reason -> Row.of(Tags.of("reason", reason.getKey()), reason.getValue()))
            .toList());
  }

  private void showPools() {
    show(
        paused,
        stores.pauses().open().stream()
            .map(pause -> Row.of(Tags.of("pool", pause.pool(), "kind", pause.kind().wireName()), 1))
            .toList());
    show(waiting, stores.rates().views().stream().flatMap(QueueGauges::waiting).toList());
  }

  private static Stream<Row<?>> waiting(RatePools.View view) {
    return Arrays.stream(Lane.values())
        .map(lane ->
            Row.of(
                tags(view.pool(), lane.wireName()),
                view.shares().stream().mapToInt(share -> share.waiting().get(lane.rank())).sum()));
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
