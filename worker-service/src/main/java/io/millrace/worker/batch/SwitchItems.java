package io.millrace.worker.batch;

import io.millrace.db.batch.ProviderItems;
import java.time.Duration;

/**
 * Takes items back from provider batches when their deadline, or the time that they have for
 * batches, has passed. Any number of workers may do so.
 */
final class SwitchItems {

  private static final int BATCH = 20;
  private static final Duration PAUSE = Duration.ofMillis(500);

  private final ProviderItems items;
  private final SettleItems settle;

  SwitchItems(ProviderItems items, SettleItems settle) {
    this.items = items;
    this.settle = settle;
  }

  /** One round; a loop's body. */
  Duration once() {
    var due = items.toSwitch(BATCH);
    for (var id : due) {
      settle.goOn(id);
      items.reschedule(id);
    }
    return PAUSE;
  }
}
