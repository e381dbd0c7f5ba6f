package io.millrace.simulator.model;

import java.time.Instant;
import java.util.Optional;
import java.util.Set;

/**
 * One model as the API describes it, and what the simulator must know to answer for it.
 *
 * @param pool the rate-limit pool that the model draws on
 * @param tokensPer4Characters how many tokens four characters of text make: 1.0 with the older
 *     tokenizer, 1.3 with the newer
 * @param thinking the accepted values of {@code thinking.type}
 * @param prefill whether the last message may be the assistant's
 * @param sampling whether {@code temperature}, {@code top_p} and {@code top_k} may differ from
 *     their defaults under version 2023-06-01
 * @param toolPrompt tokens of the hidden system prompt that tools add
 */
public record Model(
    String id,
    Optional<String> alias,
    String displayName,
    String pool,
    Instant createdAt,
    Optional<Instant> deprecatedAt,
    Optional<Instant> retiresAt,
    long maxInputTokens,
    long maxTokens,
    long minCacheableTokens,
    double tokensPer4Characters,
    Set<String> thinking,
    boolean prefill,
    boolean sampling,
    boolean forcedTools,
    boolean systemMessages,
    ToolPrompt toolPrompt) {

  /** By the kind of {@code tool_choice}. */
  public record ToolPrompt(int auto, int forced) {}

  public boolean isRetired(Instant now) {
    return retiresAt.filter(retires -> !now.isBefore(retires)).isPresent();
  }

  public String lifecycle(Instant now) {
    if (isRetired(now)) {
      return "retired";
    }
    return deprecatedAt.filter(deprecated -> !now.isBefore(deprecated)).isPresent()
        ? "deprecated"
        : "active";
  }
}
