package io.millrace.worker.rescue;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.db.limit.PoolPauses;
import io.millrace.db.limit.RatePools;
import io.millrace.db.sql.Housekeeping;
import io.millrace.db.worker.Workers;
import io.millrace.telemetry.Metric;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The small chores of the store: partitions ahead of time; old keys, forgotten workers and long
 * past pauses away.
 */
final class KeepHouse {

  private static final Logger log = LoggerFactory.getLogger(KeepHouse.class);
  private static final int KEYS = 5_000;
  private static final int MISPLACED = 1_000;

  private final Housekeeping house;
  private final Workers workers;
  private final PoolPauses pauses;
  private final RatePools rates;
  private final Counter made;
  private volatile int misplaced;

  KeepHouse(
      Housekeeping house,
      Workers workers,
      PoolPauses pauses,
      RatePools rates,
      MeterRegistry meters) {
    this.house = house;
    this.workers = workers;
    this.pauses = pauses;
    this.rates = rates;
    this.made = meters.counter(Metric.PARTITIONS_MADE.meter());
    Gauge.builder(Metric.PARTITIONS_MISPLACED.meter(), this, self -> self.misplaced)
        .register(meters);
  }

  /** One round of chores; a loop's body. */
  Duration once() {
    int partitions = house.makePartitions();
    made.increment(partitions);
    if (partitions > 0) {
      log.info("{} partitions were made for the days to come", partitions);
    }
    misplaced = house.misplacedRows(MISPLACED);
    if (misplaced > 0) {
      log.warn(
          "{} rows (counted up to {}) are in default partitions: they are read as usual, but do not go by partition",
          misplaced,
          MISPLACED);
    }
    workers.forgetLost();
    pauses.forget();
    rates.forget();
    return house.forgetKeys(KEYS) == KEYS ? Duration.ofSeconds(1) : Duration.ofMinutes(10);
  }
}
