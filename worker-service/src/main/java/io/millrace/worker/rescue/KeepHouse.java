package io.millrace.worker.rescue;

import io.millrace.db.sql.Housekeeping;
import io.millrace.db.worker.Workers;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The small chores of the store: partitions ahead of time, old keys and forgotten workers away. */
final class KeepHouse {

  private static final Logger log = LoggerFactory.getLogger(KeepHouse.class);
  private static final int KEYS = 5_000;

  private final Housekeeping house;
  private final Workers workers;

  KeepHouse(Housekeeping house, Workers workers) {
    this.house = house;
    this.workers = workers;
  }

  /** One round of chores; a loop's body. */
  Duration once() {
    int made = house.makePartitions();
    if (made > 0) {
      log.info("{} partitions were made for the days to come", made);
    }
    workers.forgetLost();
    return house.forgetKeys(KEYS) == KEYS ? Duration.ofSeconds(1) : Duration.ofMinutes(10);
  }
}
