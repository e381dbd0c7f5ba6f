package io.millrace.simulator.journal;

import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Tokens, as the control API shows them. */
public final class UsageJson {
  private static final JsonMapper JSON = JsonMapper.shared();

  private UsageJson() {}

  public static ObjectNode of(Usage usage) {
    return JSON.createObjectNode()
        .put("input_tokens", usage.inputTokens())
        .put("output_tokens", usage.outputTokens())
        .put("cache_read_input_tokens", usage.cacheReadInputTokens())
        .put("cache_creation_input_tokens", usage.cacheCreationInputTokens())
        .put("ephemeral_5m_input_tokens", usage.cacheWrite5mTokens())
        .put("ephemeral_1h_input_tokens", usage.cacheWrite1hTokens());
  }
}
