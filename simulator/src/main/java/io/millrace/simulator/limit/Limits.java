package io.millrace.simulator.limit;

import io.millrace.simulator.model.Models;
import java.time.Duration;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/**
 * The limits in force.
 *
 * @param pools limits by pool
 * @param otherwise limits of every pool not named in {@code pools}
 * @param countTokensRequests count_tokens calls per minute, which draw on no pool
 * @param batches limits of the Message Batches endpoints
 * @param requestBurst how much of the request limit may be used at once, as time; never less than
 *     one request
 * @param tokenBurst how much of the token limits may be used at once, as time
 */
public record Limits(
    Map<String, PoolLimits> pools,
    PoolLimits otherwise,
    long countTokensRequests,
    BatchLimits batches,
    Duration requestBurst,
    Duration tokenBurst) {
  /** The published tiers. */
  public enum Tier {
    START,
    BUILD,
    SCALE
  }

  private static final Duration REQUEST_BURST = Duration.ofSeconds(5);
  private static final Duration TOKEN_BURST = Duration.ofSeconds(15);

  public Limits {
    pools = Map.copyOf(pools);
    if (requestBurst.compareTo(Duration.ofMinutes(1)) > 0
        || tokenBurst.compareTo(Duration.ofMinutes(1)) > 0) {
      throw new IllegalArgumentException("a burst is at most a minute");
    }
  }

  public static Limits unlimited() {
    return new Limits(
        Map.of(),
        PoolLimits.NONE,
        PoolLimits.UNLIMITED,
        BatchLimits.NONE,
        REQUEST_BURST,
        TOKEN_BURST);
  }

  public static Limits of(Tier tier) {
    JsonNode catalogue = Models.catalogue();
    String name = tier.name().toLowerCase(Locale.ROOT);
    Map<String, PoolLimits> pools = new HashMap<>();
    for (Map.Entry<String, JsonNode> pool : catalogue.get("pools").properties()) {
      JsonNode limits = pool.getValue().get(name);
      pools.put(
          pool.getKey(),
          new PoolLimits(limits.get(0).asLong(), limits.get(1).asLong(), limits.get(2).asLong()));
    }
    long countTokens = catalogue.get("count_tokens").get(name).asLong();
    JsonNode batches = catalogue.get("batches").get(name);
    BatchLimits ofBatches = new BatchLimits(batches.get(0).asLong(), batches.get(1).asLong());
    return new Limits(pools, PoolLimits.NONE, countTokens, ofBatches, REQUEST_BURST, TOKEN_BURST);
  }

  /** The same limits for each pool. */
  public static Limits each(PoolLimits limits) {
    return new Limits(
        Map.of(), limits, PoolLimits.UNLIMITED, BatchLimits.NONE, REQUEST_BURST, TOKEN_BURST);
  }

  public Limits with(String pool, PoolLimits limits) {
    Map<String, PoolLimits> changed = new HashMap<>(pools);
    changed.put(pool, limits);
    return new Limits(changed, otherwise, countTokensRequests, batches, requestBurst, tokenBurst);
  }

  public Limits withBursts(Duration requests, Duration tokens) {
    return new Limits(pools, otherwise, countTokensRequests, batches, requests, tokens);
  }

  public Limits withCountTokens(long requestsPerMinute) {
    return new Limits(pools, otherwise, requestsPerMinute, batches, requestBurst, tokenBurst);
  }

  public Limits withBatches(BatchLimits changed) {
    return new Limits(pools, otherwise, countTokensRequests, changed, requestBurst, tokenBurst);
  }

  PoolLimits of(String pool) {
    return pools.getOrDefault(pool, otherwise);
  }
}
