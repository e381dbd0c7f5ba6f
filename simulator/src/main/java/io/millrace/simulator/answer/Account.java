package io.millrace.simulator.answer;

import io.millrace.simulator.fault.BatchFaultPlan;
import io.millrace.simulator.fault.FaultPlan;
import io.millrace.simulator.journal.Journal;
import io.millrace.simulator.journal.Stats;
import io.millrace.simulator.limit.Limits;
import io.millrace.simulator.limit.PoolSecond;
import io.millrace.simulator.limit.Pools;
import io.millrace.simulator.message.PromptCache;
import io.millrace.simulator.model.Models;
import io.millrace.simulator.timing.Distribution;
import io.millrace.simulator.timing.Latency;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.random.RandomGenerator;

/**
 * The simulated account: all that outlives a single call. Touched by the server's one thread only,
 * hence without locks.
 */
public final class Account {
  public static final String ORGANIZATION = "5f1d7a52-3c0e-4b8a-9d35-000000000001";
  static final String WORKSPACE = "wrkspc_01SimulatorDefault";

  final Models models = Models.load();
  final PromptCache cache = new PromptCache();
  final InstantSource clock;
  final Set<String> keys;
  final RandomGenerator random;
  final Ids ids;
  private final Pools pools;
  private final Journal journal;
  private final FaultPlan faults;
  private final BatchFaultPlan batchFaults;
  private final List<Runnable> held = new ArrayList<>();
  private Latency latency;
  private Distribution outputTokens;
  private double inputEstimate = 1;
  private boolean holding;

  /**
   * @param keys the keys that are accepted; empty: any
   */
  public Account(InstantSource clock, Set<String> keys, Journal journal, Limits limits, long seed) {
    this.clock = clock;
    this.keys = Set.copyOf(keys);
    this.journal = journal;
    random = new SplittableRandom(seed);
    ids = new Ids(random);
    pools = new Pools(limits);
    faults = new FaultPlan(random);
    batchFaults = new BatchFaultPlan(random);
    latency = Latency.INSTANT;
    outputTokens = new Distribution.Fixed(1);
  }

  public Set<String> keys() {
    return keys;
  }

  public RandomGenerator random() {
    return random;
  }

  /** A new id with this prefix. */
  public String nextId(String prefix) {
    return ids.next(prefix);
  }

  public Instant now() {
    return clock.instant();
  }

  public Pools pools() {
    return pools;
  }

  public Journal journal() {
    return journal;
  }

  public FaultPlan faults() {
    return faults;
  }

  public BatchFaultPlan batchFaults() {
    return batchFaults;
  }

  public Latency latency() {
    return latency;
  }

  public void latency(Latency changed) {
    latency = changed;
  }

  public Distribution outputTokens() {
    return outputTokens;
  }

  public void outputTokens(Distribution changed) {
    outputTokens = changed;
  }

  public boolean holding() {
    return holding;
  }

  /** From now on answers that are due wait; or those that wait go out. */
  public void hold(boolean wanted) {
    holding = wanted;
    if (!wanted) {
      List<Runnable> released = List.copyOf(held);
      held.clear();
      released.forEach(Runnable::run);
    }
  }

  void whenReleased(Runnable answer) {
    if (holding) {
      held.add(answer);
    } else {
      answer.run();
    }
  }

  /** What the account charges a call's input with before it knows better. */
  long estimate(long inputTokens) {
    return Math.round((double) inputTokens * inputEstimate);
  }

  /** Charges calls with this multiple of their real input until their answer begins. */
  public void inputEstimate(double factor) {
    inputEstimate = factor;
  }

  public void limits(Limits changed) {
    pools.change(changed, nanos());
  }

  /** Nanoseconds since the epoch by the account's clock. */
  public long nanos() {
    Instant now = clock.instant();
    return now.getEpochSecond() * 1_000_000_000L + now.getNano();
  }

  public Stats stats(int connections) {
    Map<String, Stats.PoolStats> byPool = new TreeMap<>();
    pools
        .all()
        .forEach((name, pool) ->
            byPool.put(
                name,
                new Stats.PoolStats(
                    pool.requestsAdmitted(),
                    pool.inputAdmitted(),
                    pool.outputProduced(),
                    pool.refused())));
    return journal.stats(byPool, connections);
  }

  /** The last hour of a pool; nothing of one that was never called. */
  public List<PoolSecond> history(String pool) {
    return pools.all().containsKey(pool) ? pools.pool(pool, nanos()).history(nanos()) : List.of();
  }

  /** Forgets calls, faults and cache, fills the buckets and lets held answers go; settings stay. */
  public void reset() {
    hold(false);
    faults.clear();
    batchFaults.clear();
    cache.clear();
    pools.reset(nanos());
    journal.reset();
  }
}
