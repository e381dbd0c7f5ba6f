package io.millrace.worker.dispatch;

import io.millrace.db.worker.Workers;
import java.util.Map;

/**
 * Who may take of the workers' slots. Where there are several tenants, the last tenth of all slots
 * is not for one that holds half of them: a tenant whose calls all hang would else keep everybody
 * out until they time out.
 */
final class SlotShares {

  private static final int RESERVE = 10;

  private final int room;
  private final int most;
  private final Map<Integer, Integer> held;

  private SlotShares(int room, int most, Map<Integer, Integer> held) {
    this.room = room;
    this.most = most;
    this.held = held;
  }

  /**
   * The shares as of now.
   *
   * @param unclaimed jobs that are on their way to the workers
   * @param unseen jobs on their way or claimed of which heartbeats need not know yet
   */
  static SlotShares of(Workers workers, int unclaimed, int unseen) {
    var seen = workers.room();
    int reserve = seen.slots() / RESERVE;
    int free = seen.free() - unclaimed;
    int certain = seen.free() - Math.max(unclaimed, unseen);
    if (certain > 2 * reserve) {
      return new SlotShares(certain - reserve, Integer.MAX_VALUE, Map.of());
    }
    if (!workers.areShared()) {
      return new SlotShares(free, Integer.MAX_VALUE, Map.of());
    }
    var held = workers.held();
    int left = seen.slots() - held.values().stream().mapToInt(jobs -> jobs).sum() - unclaimed;
    return left > reserve
        ? new SlotShares(Math.min(free, left - reserve), Integer.MAX_VALUE, held)
        // Whose the unclaimed ones are is not looked up: it is known in a moment.
        : new SlotShares(Math.min(free, left), seen.slots() / 2 - unclaimed, held);
  }

  /** Jobs that may be let go. */
  int room() {
    return room;
  }

  /** Whether the tenant may have more. */
  boolean admits(int tenantId) {
    return held.getOrDefault(tenantId, 0) <= most;
  }
}
