package io.millrace.worker.execute;

import io.millrace.claude.limit.LimiterSettings.Mode;
import io.millrace.claude.limit.PoolLimits;
import java.util.HashMap;
import java.util.Map;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * What the account allows, by pool; {@code default} stands for pools that are not named.
 *
 * @param limits a limit that is not set is what Claude's headers tell
 * @param limiter how they are kept
 */
@ConfigurationProperties("millrace")
public record LimitSettings(
    @DefaultValue Map<String, PoolLimits> limits, @DefaultValue LimiterMode limiter) {

  /**
   * How limits are kept.
   *
   * @param mode {@code enforce}, or {@code shadow}: every call starts at once, and what would have
   *     waited is counted
   */
  public record LimiterMode(@DefaultValue("enforce") Mode mode) {}

  // The pool of batch requests is no model's: what holds for "default" does not hold for it. Spring
  // leaves the underscore out where the key is not in brackets.
  private static final String BATCHES = "message_batches";

  /** The limits of every pool. */
  Map<String, PoolLimits> pools() {
    Map<String, PoolLimits> pools = new HashMap<>(limits);
    var unbracketed = pools.remove(BATCHES.replace("_", ""));
    pools.putIfAbsent(BATCHES, unbracketed == null ? PoolLimits.UNLIMITED : unbracketed);
    return pools;
  }
}
