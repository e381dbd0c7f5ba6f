package io.millrace.worker.batch;

import io.millrace.db.batch.Gathering;
import io.millrace.db.batch.ProviderBatches;
import java.time.Duration;
import java.util.UUID;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Gathers the items that wait, and counts what is under way. Any number of workers may do so. */
final class GatherItems {

  private static final Logger log = LoggerFactory.getLogger(GatherItems.class);
  private static final Duration PAUSE = Duration.ofMillis(500);
  private static final int SHARE = 4;

  private final Gathering gathering;
  private final ProviderBatches batches;
  private final Gathering.Terms terms;
  private final BatchMeters meters;
  private final LongSupplier nanoTime;
  private final Runnable gathered;

  /**
   * @param gathered is told when there is something to send
   */
  GatherItems(
      Gathering gathering,
      ProviderBatches batches,
      Gathering.Terms terms,
      BatchMeters meters,
      LongSupplier nanoTime,
      Runnable gathered) {
    this.gathering = gathering;
    this.batches = batches;
    this.terms = terms;
    this.meters = meters;
    this.nanoTime = nanoTime;
    this.gathered = gathered;
  }

  /** One round; a loop's body. */
  Duration once() {
    long before = nanoTime.getAsLong();
    var found = gathering.gather(UUID.randomUUID(), terms);
    if (found.isPresent()) {
      log.info(
          "{} items with {} bytes are gathered as provider batch {}",
          found.get().items(),
          found.get().bytes(),
          found.get().id());
      gathered.run();
      return Duration.ZERO;
    }
    meters.open(batches.depths());
    // A look costs a little for each batch that is open: it never takes more than a fifth of the
    // time.
    var took = Duration.ofNanos(nanoTime.getAsLong() - before).multipliedBy(SHARE);
    return took.compareTo(PAUSE) > 0 ? took : PAUSE;
  }
}
