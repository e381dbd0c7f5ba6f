package io.millrace.worker.dispatch;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.db.job.Releases;
import io.millrace.db.job.Releases.Outstanding;
import io.millrace.db.job.Releases.Pick;
import io.millrace.db.job.Releases.Queue;
import io.millrace.db.job.Releases.Released;
import io.millrace.db.worker.Workers;
import io.millrace.job.Lane;
import io.millrace.telemetry.Metric;
import io.millrace.worker.quota.Quotas;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * One round of dispatch: what is ready, what may start soon, who is next, and off it goes. Serves
 * first dispatch, schedule, retry, rescue and outage alike, since each of them is a job that became
 * ready.
 */
final class ReleaseJobs {

  private static final int QUEUES = 10_000;
  private static final int RIPEN = 2_000;
  // A queue that gave less than asked is empty for this round; its share goes to the others.
  private static final int SHARINGS = 8;
  private static final List<Lane> LOWEST_FIRST = List.of(Lane.values()).reversed();

  private final Releases releases;
  private final Workers workers;
  private final StartableJobs startable;
  private final JobRecords records;
  private final Quotas quotas;
  private final DispatchSettings settings;
  private final FairOrder order = new FairOrder();
  private final Counter released;
  private final Counter swept;
  private final RecentReleases recent = new RecentReleases(System::nanoTime);
  private int rounds;

  ReleaseJobs(
      Releases releases,
      Workers workers,
      StartableJobs startable,
      JobRecords records,
      Quotas quotas,
      DispatchSettings settings,
      MeterRegistry meters) {
    this.releases = releases;
    this.workers = workers;
    this.startable = startable;
    this.records = records;
    this.quotas = quotas;
    this.settings = settings;
    this.released = meters.counter(Metric.DISPATCH_RELEASED.meter());
    this.swept = meters.counter(Metric.DISPATCH_SWEPT.meter());
  }

  /**
   * What a round came to.
   *
   * @param released jobs let go
   * @param held whether ready jobs stay behind because nothing more may start now
   */
  record Round(int released, boolean held) {}

  Round once() {
    records.takeBackUnsent();
    quotas.advance();
    swept.increment(releases.ripen(RIPEN).unclaimed());
    var queues = releases.queues(QUEUES);
    if (++rounds % 1000 == 0) {
      order.forgetIdle();
    }
    if (queues.isEmpty()) {
      return new Round(0, false);
    }
    int allowance = records.allowance();
    if (allowance == 0) {
      return new Round(0, true);
    }
    startable.look();
    var outstanding = releases.outstanding();
    recent.begin(sum(outstanding));
    var shares = SlotShares.of(workers, sum(outstanding), recent.unseen());
    queues = queues.stream().filter(queue -> shares.admits(queue.tenantId())).toList();
    int room = Math.min(allowance, Math.min(settings.window() - sum(outstanding), shares.room()));
    int sum = 0;
    boolean held = false;
    for (var pool : queues.stream().collect(Collectors.groupingBy(Queue::pool)).entrySet()) {
      var let = release(pool.getKey(), pool.getValue(), outstanding, room - sum);
      sum += let.released();
      held |= let.held();
    }
    released.increment(sum);
    return new Round(sum, held);
  }

  // All lanes share what is left; a higher lane is not kept back by what waits in a lower one.
  private Round release(String pool, List<Queue> queues, List<Outstanding> outstanding, int room) {
    int let = 0;
    for (Lane lane : LOWEST_FIRST) {
      int budget = Math.min(room, startable(pool, lane, outstanding)) - let;
      var ready = queues.stream().filter(queue -> !below(queue, lane)).toList();
      if (budget > 0 && !ready.isEmpty()) {
        int more = release(pool, ready, budget);
        let += more;
        if (more < budget) {
          return new Round(let, false);
        }
      }
    }
    return new Round(let, true);
  }

  private int startable(String pool, Lane lane, List<Outstanding> outstanding) {
    int startable = this.startable.within(pool, lane, settings.horizon());
    if (startable == Integer.MAX_VALUE) {
      return startable;
    }
    int unclaimed =
        outstanding.stream()
            .filter(some -> some.pool().equals(pool) && some.lane().compareTo(lane) <= 0)
            .mapToInt(Outstanding::jobs)
            .sum();
    return startable - Math.max(unclaimed, recent.released(pool, lane));
  }

  private static boolean below(Queue queue, Lane lane) {
    return queue.lane().compareTo(lane) > 0;
  }

  private static int sum(List<Outstanding> outstanding) {
    return outstanding.stream().mapToInt(Outstanding::jobs).sum();
  }

  private int release(String pool, List<Queue> queues, int budget) {
    List<Queue> ready = new ArrayList<>(queues);
    int left = budget;
    for (int i = 0; i < SHARINGS && left > 0 && !ready.isEmpty(); i++) {
      List<Pick> picks = order.share(pool, ready, left);
      List<Released> let = quotas.release(picks, settings.sweep());
      records.produce(let);
      let.forEach(job -> recent.add(job.queue()));
      Map<Queue, Integer> got = new HashMap<>();
      for (Released job : let) {
        got.merge(job.queue(), 1, Integer::sum);
        order.charge(job.queue(), startable.cost(pool, job.estimatedInput(), job.maxOutput()));
      }
      Set<Queue> drained = new HashSet<>();
      for (Pick pick : picks) {
        if (got.getOrDefault(pick.queue(), 0) < pick.jobs()) {
          drained.add(pick.queue());
        }
      }
      ready.removeAll(drained);
      left -= let.size();
      if (drained.isEmpty()) {
        break;
      }
    }
    return budget - left;
  }
}
