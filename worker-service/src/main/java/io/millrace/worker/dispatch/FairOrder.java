package io.millrace.worker.dispatch;

import io.millrace.db.job.Releases.Pick;
import io.millrace.db.job.Releases.Queue;
import io.millrace.job.Lane;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.PriorityQueue;

/**
 * Whose turn it is. Within a pool, lanes go by priority, bulk keeping a floor; within a lane,
 * tenants share by start-time fair queueing: each has a clock that its released jobs advance by
 * what they cost, and the tenant whose clock is furthest behind goes next. A tenant that was away
 * resumes at the clock of those who were served meanwhile: absence earns nothing, and a million
 * waiting jobs weigh no more than ten.
 *
 * <p>Deficit round robin gives the same shares; this form needs no quantum, and a job of unknown
 * cost is charged after it was released. Not thread-safe: one dispatcher owns it.
 */
final class FairOrder {

  /** Of every so many starts of a pool at least one is bulk while bulk waits. */
  private static final int BULK_FLOOR = 20;

  private static final double COST_MEMORY = 0.2;

  private final Map<String, Pool> pools = new HashMap<>();

  /**
   * Shares {@code budget} starts of one pool among its queues.
   *
   * @param ready the pool's queues that may have a ready job
   * @return how many to take from each, in the order in which they should start
   */
  List<Pick> share(String pool, List<Queue> ready, int budget) {
    return pools.computeIfAbsent(pool, _ -> new Pool()).share(ready, budget);
  }

  /** Charges a released job to its tenant. */
  void charge(Queue queue, double cost) {
    pools.computeIfAbsent(queue.pool(), _ -> new Pool()).lane(queue.lane()).charge(queue, cost);
  }

  /**
   * Forgets tenants that have had nothing ready for a while: their clocks would be moved up anyway.
   */
  void forgetIdle() {
    pools.values().forEach(pool -> pool.lanes.values().forEach(LaneClocks::forgetIdle));
  }

  private static final class Pool {
    final Map<Lane, LaneClocks> lanes = new EnumMap<>(Lane.class);
    private int startsSinceBulk;

    List<Pick> share(List<Queue> ready, int budget) {
      Map<Lane, PriorityQueue<Turn>> turns = new EnumMap<>(Lane.class);
      for (Queue queue : ready) {
        turns
            .computeIfAbsent(queue.lane(), _ -> new PriorityQueue<>(Turn.ORDER))
            .add(lane(queue.lane()).enter(queue));
      }
      turns.forEach((lane, waiting) -> lane(lane).advance(waiting));
      Map<Queue, Integer> picks = new LinkedHashMap<>();
      for (int i = 0; i < budget && !turns.isEmpty(); i++) {
        var lane = next(turns);
        var waiting = Objects.requireNonNull(turns.get(lane));
        var turn = waiting.poll();
        if (turn == null) {
          break;
        }
        picks.merge(turn.queue, 1, Integer::sum);
        waiting.add(turn.after(lane(lane).expectedCost(turn.queue)));
      }
      List<Pick> shared = new ArrayList<>(picks.size());
      picks.forEach((queue, jobs) -> shared.add(new Pick(queue, jobs)));
      return shared;
    }

    private Lane next(Map<Lane, PriorityQueue<Turn>> turns) {
      boolean bulkWaits = turns.containsKey(Lane.BULK);
      if (bulkWaits && (turns.size() == 1 || ++startsSinceBulk >= BULK_FLOOR)) {
        startsSinceBulk = 0;
        return Lane.BULK;
      }
      return turns.containsKey(Lane.INTERACTIVE) ? Lane.INTERACTIVE : Lane.STANDARD;
    }

    LaneClocks lane(Lane lane) {
      return lanes.computeIfAbsent(lane, _ -> new LaneClocks());
    }
  }

  private static final class LaneClocks {
    private final Map<Integer, Double> clocks = new HashMap<>();
    private final Map<Integer, Double> costs = new HashMap<>();
    private double now;
    private double usualCost = 1;

    Turn enter(Queue queue) {
      double clock = Math.max(now, clocks.getOrDefault(queue.tenantId(), 0.0));
      clocks.put(queue.tenantId(), clock);
      return new Turn(queue, clock);
    }

    /** The lane's time is that of the tenant furthest behind, among those who want to start. */
    void advance(Collection<Turn> waiting) {
      now = Math.max(now, waiting.stream().mapToDouble(Turn::clock).min().orElse(now));
    }

    double expectedCost(Queue queue) {
      return costs.getOrDefault(queue.tenantId(), usualCost);
    }

    void charge(Queue queue, double cost) {
      clocks.merge(queue.tenantId(), now + cost, (clock, _) -> Math.max(clock, now) + cost);
      costs.merge(queue.tenantId(), cost, (old, latest) -> old + COST_MEMORY * (latest - old));
      usualCost += COST_MEMORY * (cost - usualCost);
    }

    void forgetIdle() {
      clocks.values().removeIf(clock -> clock <= now);
      costs.keySet().retainAll(clocks.keySet());
    }
  }

  private record Turn(Queue queue, double clock) {
    static final Comparator<Turn> ORDER =
        Comparator.comparingDouble(Turn::clock).thenComparingInt(turn -> turn.queue().tenantId());

    Turn after(double cost) {
      return new Turn(queue, clock + cost);
    }
  }
}
