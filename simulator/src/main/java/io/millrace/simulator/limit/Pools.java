package io.millrace.simulator.limit;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/** All pools, made as they are first asked for. */
public final class Pools {
  /** The name under which count_tokens calls are limited. */
  public static final String COUNT_TOKENS = "count_tokens";

  /** The name under which calls of the Message Batches endpoints are limited. */
  public static final String BATCHES = "batches";

  private final Map<String, Pool> pools = new TreeMap<>();
  private Limits limits;

  public Pools(Limits limits) {
    this.limits = limits;
  }

  public Limits limits() {
    return limits;
  }

  public Pool pool(String name, long now) {
    Pool pool = pools.get(name);
    if (pool == null) {
      pool = new Pool(now);
      resize(name, pool, now);
      pools.put(name, pool);
    }
    return pool;
  }

  public void change(Limits changed, long now) {
    limits = changed;
    pools.forEach((name, pool) -> resize(name, pool, now));
  }

  private void resize(String name, Pool pool, long now) {
    PoolLimits of =
        switch (name) {
          case COUNT_TOKENS -> requestsOnly(limits.countTokensRequests());
          case BATCHES -> requestsOnly(limits.batches().requests());
          default -> limits.of(name);
        };
    pool.resize(of, limits.requestBurst(), limits.tokenBurst(), now);
  }

  private static PoolLimits requestsOnly(long perMinute) {
    return new PoolLimits(perMinute, PoolLimits.UNLIMITED, PoolLimits.UNLIMITED);
  }

  public Map<String, Pool> all() {
    return Collections.unmodifiableMap(pools);
  }

  /** Fills every bucket and starts counting anew; calls under way keep draining. */
  public void reset(long now) {
    for (Map.Entry<String, Pool> entry : pools.entrySet()) {
      entry.getValue().forgetCounts();
      entry.getValue().resize(PoolLimits.NONE, limits.requestBurst(), limits.tokenBurst(), now);
      resize(entry.getKey(), entry.getValue(), now);
    }
  }
}
