package io.millrace.simulator;

import io.millrace.simulator.limit.BatchLimits;
import io.millrace.simulator.limit.Limits;
import io.millrace.simulator.limit.PoolLimits;
import java.time.Duration;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/**
 * Limits in the control API and on the command line: {@code unlimited}, a tier's name, or an
 * object.
 */
final class LimitsJson {
  private LimitsJson() {}

  static Limits named(String name) {
    if (name.equals("unlimited")) {
      return Limits.unlimited();
    }
    try {
      return Limits.of(Limits.Tier.valueOf(name.toUpperCase(Locale.ROOT)));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "limits '" + name + "' is none of: unlimited, start, build, scale", e);
    }
  }

  static Limits read(JsonNode node) {
    if (node.isString()) {
      return named(node.stringValue());
    }
    Limits base = Limits.unlimited();
    Map<String, PoolLimits> pools = new HashMap<>();
    PoolLimits otherwise = PoolLimits.NONE;
    Duration requestBurst = base.requestBurst();
    Duration tokenBurst = base.tokenBurst();
    long countTokens = PoolLimits.UNLIMITED;
    BatchLimits batches = BatchLimits.NONE;
    for (Map.Entry<String, JsonNode> field : node.properties()) {
      JsonNode value = field.getValue();
      switch (field.getKey()) {
        case "default" -> otherwise = pool(value);
        case "pools" ->
            value.properties().forEach(pool -> pools.put(pool.getKey(), pool(pool.getValue())));
        case "count_tokens" -> countTokens = value.asLong();
        case "batches" ->
            batches = new BatchLimits(limit(value, "requests"), limit(value, "queued"));
        case "request_burst_seconds" -> requestBurst = seconds(value);
        case "token_burst_seconds" -> tokenBurst = seconds(value);
        default ->
            throw new IllegalArgumentException(
                "limits has no '"
                    + field.getKey()
                    + "'; it has default, pools, count_tokens, batches, request_burst_seconds, token_burst_seconds");
      }
    }
    return new Limits(pools, otherwise, countTokens, batches, requestBurst, tokenBurst);
  }

  private static Duration seconds(JsonNode value) {
    return Duration.ofNanos((long) (value.asDouble() * 1e9));
  }

  private static PoolLimits pool(JsonNode node) {
    for (String name : node.propertyNames()) {
      if (!name.equals("requests")
          && !name.equals("input_tokens")
          && !name.equals("output_tokens")) {
        throw new IllegalArgumentException(
            "a pool has no '" + name + "'; it has requests, input_tokens, output_tokens");
      }
    }
    return new PoolLimits(
        limit(node, "requests"), limit(node, "input_tokens"), limit(node, "output_tokens"));
  }

  private static long limit(JsonNode node, String name) {
    JsonNode value = node.path(name);
    return value.isNumber() ? value.asLong() : PoolLimits.UNLIMITED;
  }

  static Object write(Limits limits) {
    Map<String, Object> shown = new HashMap<>();
    Map<String, Object> pools = new HashMap<>();
    limits.pools().forEach((name, pool) -> pools.put(name, write(pool)));
    shown.put("default", write(limits.otherwise()));
    shown.put("pools", pools);
    if (limits.countTokensRequests() != PoolLimits.UNLIMITED) {
      shown.put("count_tokens", limits.countTokensRequests());
    }
    Map<String, Long> batches = new HashMap<>();
    put(batches, "requests", limits.batches().requests());
    put(batches, "queued", limits.batches().queued());
    if (!batches.isEmpty()) {
      shown.put("batches", batches);
    }
    shown.put("request_burst_seconds", limits.requestBurst().toNanos() / 1e9);
    shown.put("token_burst_seconds", limits.tokenBurst().toNanos() / 1e9);
    return shown;
  }

  private static Map<String, Long> write(PoolLimits pool) {
    Map<String, Long> set = new HashMap<>();
    put(set, "requests", pool.requests());
    put(set, "input_tokens", pool.inputTokens());
    put(set, "output_tokens", pool.outputTokens());
    return set;
  }

  private static void put(Map<String, Long> set, String name, long limit) {
    if (limit != PoolLimits.UNLIMITED) {
      set.put(name, limit);
    }
  }
}
