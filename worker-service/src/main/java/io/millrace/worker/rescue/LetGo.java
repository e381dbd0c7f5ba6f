package io.millrace.worker.rescue;

import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.db.sql.Retention;
import io.millrace.db.sql.Retention.Partition;
import io.millrace.telemetry.Metric;
import java.time.Duration;
import java.time.LocalDate;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Removes what was kept for long enough. Any number of workers may do so. */
final class LetGo {

  private static final Logger log = LoggerFactory.getLogger(LetGo.class);
  private static final Duration PAUSE = Duration.ofHours(1);
  private static final Duration SOON = Duration.ofMinutes(1);
  private static final List<String> PAYLOADS = List.of("request", "result", "attempt");
  private static final String COST = "cost";
  private static final String DELIVERY = "delivery";
  private static final String DELIVERY_ATTEMPT = "delivery_attempt";

  private final Retention retention;
  private final RetentionSettings settings;
  private final MeterRegistry meters;

  LetGo(Retention retention, RetentionSettings settings, MeterRegistry meters) {
    this.retention = retention;
    this.settings = settings;
    this.meters = meters;
  }

  /** One round; a loop's body. */
  Duration once() {
    Map<LocalDate, Boolean> needed = new HashMap<>();
    boolean complete = true;
    for (String table : PAYLOADS) {
      complete &= letGo(table, settings.results(), needed);
    }
    complete &= letGo(COST, settings.costs(), needed);
    complete &= letGoDeliveries(DELIVERY_ATTEMPT, settings.deliveryPayloads());
    complete &= letGoDeliveries(DELIVERY, settings.deliveries());
    retention.clearDeliveryBodies(settings.deliveryPayloads());
    deleted("job", retention.deleteJobs(settings.jobs(), settings.grace()));
    retention.archiveBatches(settings.results(), settings.grace());
    deleted("batch", retention.deleteBatches(settings.jobs(), settings.grace()));
    // Jobs are never kept shorter than results: the calls are gone by then, or keep their batch.
    deleted("provider_batch", retention.deleteProviderBatches(settings.jobs()));
    return complete ? PAUSE : SOON;
  }

  private boolean letGo(String table, Duration age, Map<LocalDate, Boolean> needed) {
    boolean complete = true;
    for (Partition partition : retention.olderThan(table, age)) {
      if (needed.computeIfAbsent(
          partition.day(), day -> retention.isNeeded(day, settings.grace()))) {
        deleted(table, retention.deleteRows(partition, settings.grace()));
      } else {
        complete &= drop(partition);
      }
    }
    deleted(table, retention.deleteMisplaced(table, age, settings.grace()));
    return complete;
  }

  // Nobody needs them: what is pending that long waits for an endpoint that is paused for longer.
  private boolean letGoDeliveries(String table, Duration age) {
    boolean complete = true;
    for (Partition partition : retention.olderThan(table, age)) {
      complete &= drop(partition);
    }
    deleted(table, retention.deleteMisplacedDeliveries(table, age));
    return complete;
  }

  private boolean drop(Partition partition) {
    if (!retention.drop(partition)) {
      return false;
    }
    String table = partition.table();
    log.info("The {} rows of {} were kept for long enough and are gone", table, partition.day());
    meters.counter(Metric.RETENTION_DROPPED.meter(), "table", table).increment();
    return true;
  }

  private void deleted(String table, long rows) {
    if (rows > 0) {
      log.info("{} {} rows were kept for long enough and are gone", rows, table);
      meters.counter(Metric.RETENTION_DELETED.meter(), "table", table).increment((double) rows);
    }
  }
}
