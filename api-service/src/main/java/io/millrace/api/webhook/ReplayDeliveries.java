package io.millrace.api.webhook;

import io.millrace.db.job.JobWalk.Direction;
import io.millrace.db.webhook.DeliveryFilter;
import io.millrace.db.webhook.DeliveryViews;
import io.millrace.db.webhook.Replays;
import io.millrace.delivery.DeliveryId;
import java.time.Duration;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Replays all deliveries of a filter, the oldest first, in short transactions, for a few seconds at
 * most; whoever asked goes on from where that ended. Doing it again does no harm but that what has
 * arrived arrives again.
 */
final class ReplayDeliveries {

  private static final int BATCH = 250;
  private static final Duration SEARCH = Duration.ofSeconds(1);

  private final DeliveryViews views;
  private final Replays replays;
  private final Duration patience;
  private final LongSupplier nanoTime;

  ReplayDeliveries(DeliveryViews views, Replays replays, Duration patience, LongSupplier nanoTime) {
    this.views = views;
    this.replays = replays;
    this.patience = patience;
    this.nanoTime = nanoTime;
  }

  /**
   * How far it came.
   *
   * @param skipped those whose endpoint is gone
   * @param last where to go on; null at the end
   */
  record Progress(long replayed, long skipped, @Nullable DeliveryId last) {}

  Progress replay(DeliveryFilter filter, @Nullable DeliveryId after, boolean dryRun) {
    long end = nanoTime.getAsLong() + patience.toNanos();
    long replayed = 0;
    long skipped = 0;
    DeliveryId last = after;
    do {
      var found = views.next(filter, Direction.OLDEST_FIRST, last, BATCH, SEARCH);
      int done =
          dryRun ? found.ids().size() : replays.replay(filter.tenantId(), found.ids()).size();
      replayed += done;
      skipped += found.ids().size() - done;
      last = found.reached();
    } while (last != null && nanoTime.getAsLong() <= end);
    return new Progress(replayed, skipped, last);
  }
}
