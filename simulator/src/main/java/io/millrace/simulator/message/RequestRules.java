package io.millrace.simulator.message;

import io.millrace.simulator.model.Model;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Which requests the API refuses with a 400, in the words seen in the wild. It checks what clients
 * get wrong in practice and what the two API versions treat differently, not each rule the API may
 * have.
 */
public final class RequestRules {
  /** The version under which sampling parameters are gone. */
  public static final String NEW_VERSION = "2026-10-21";

  public static final String OLD_VERSION = "2023-06-01";

  private static final Set<String> SAMPLING = Set.of("temperature", "top_p", "top_k");
  private static final Set<String> FIELDS =
      Set.of(
          "model",
          "max_tokens",
          "messages",
          "system",
          "stop_sequences",
          "stream",
          "metadata",
          "tools",
          "tool_choice",
          "thinking",
          "output_config",
          "service_tier",
          "speed",
          "container",
          "cache_control",
          "inference_geo",
          "diagnostics");
  private static final Set<String> COUNT_FIELDS =
      Set.of(
          "model",
          "messages",
          "system",
          "tools",
          "tool_choice",
          "thinking",
          "output_config",
          "cache_control",
          "speed");

  /** Fields that belong to betas, accepted when any beta is named. */
  private static final Set<String> BETA_FIELDS =
      Set.of(
          "context_management",
          "mcp_servers",
          "fallbacks",
          "fallback_credit_token",
          "billing_policy",
          "output_format",
          "betas");

  private static final Set<String> NOT_IN_BATCHES = Set.of("speed", "fallbacks");

  private static final Pattern TOOL_NAME = Pattern.compile("[a-zA-Z0-9_-]{1,128}");
  private static final int MAX_MESSAGES = 100_000;

  private final ObjectNode root;
  private final Model model;
  private final boolean newVersion;

  private RequestRules(ObjectNode root, Model model, boolean newVersion) {
    this.root = root;
    this.model = model;
    this.newVersion = newVersion;
  }

  /** Checks a request to make a message. */
  public static void check(MessageRequest request, Model model, String version, boolean beta) {
    RequestRules rules = new RequestRules(request.root(), model, version.equals(NEW_VERSION));
    rules.fields(FIELDS, beta);
    rules.messages();
    rules.maxTokens();
    rules.thinking();
    rules.tools();
    rules.sampling();
  }

  /** Checks the {@code params} of an item of a batch, which allow less. */
  public static void checkBatched(
      MessageRequest request, Model model, String version, boolean beta) {
    check(request, model, version, beta);
    JsonNode root = request.root();
    if (request.streaming()) {
      throw Rejected.invalid("stream: streaming is not supported in a batch");
    }
    if (request.maxTokens() == 0) {
      throw Rejected.invalid("max_tokens: 0 is not allowed in a batch");
    }
    for (String name : NOT_IN_BATCHES) {
      if (root.has(name)) {
        throw Rejected.invalid(name + ": not supported in a batch");
      }
    }
  }

  /** Checks a request to count tokens, which takes fewer fields. */
  public static void checkCount(MessageRequest request, Model model, String version, boolean beta) {
    RequestRules rules = new RequestRules(request.root(), model, version.equals(NEW_VERSION));
    rules.fields(COUNT_FIELDS, beta);
    rules.messages();
    rules.tools();
  }

  private void fields(Set<String> allowed, boolean beta) {
    for (Map.Entry<String, JsonNode> field : root.properties()) {
      String name = field.getKey();
      boolean known =
          allowed.contains(name)
              || (!newVersion && SAMPLING.contains(name))
              || (beta && BETA_FIELDS.contains(name));
      if (!known) {
        throw Rejected.invalid(name + ": Extra inputs are not permitted");
      }
    }
    JsonNode stream = root.get("stream");
    if (stream != null && !stream.isBoolean()) {
      throw Rejected.invalid("stream: Input should be a valid boolean");
    }
  }

  private void maxTokens() {
    JsonNode maxTokens = root.get("max_tokens");
    if (maxTokens == null) {
      throw Rejected.invalid("max_tokens: Field required");
    }
    if (!maxTokens.isIntegralNumber() || !maxTokens.canConvertToLong()) {
      throw Rejected.invalid("max_tokens: Input should be a valid integer");
    }
    long tokens = maxTokens.longValue();
    if (tokens < 0) {
      throw Rejected.invalid("max_tokens: Input should be greater than or equal to 0");
    }
    if (tokens > model.maxTokens()) {
      throw Rejected.invalid(
          "max_tokens: %d > %d, which is the maximum allowed number of output tokens for %s"
              .formatted(tokens, model.maxTokens(), model.id()));
    }
    if (tokens == 0) {
      prewarm();
    }
  }

  private void prewarm() {
    String choice = root.path("tool_choice").path("type").asString("auto");
    boolean answers =
        root.path("stream").asBoolean(false)
            || root.path("thinking").path("type").asString("").equals("enabled")
            || root.path("output_config").has("format")
            || choice.equals("tool")
            || choice.equals("any");
    if (answers) {
      throw Rejected.invalid("max_tokens: 0 is only allowed for a request that produces no output");
    }
  }

  private void messages() {
    JsonNode messages = root.get("messages");
    if (messages == null) {
      throw Rejected.invalid("messages: Field required");
    }
    if (!messages.isArray()) {
      throw Rejected.invalid("messages: Input should be a valid list");
    }
    if (messages.isEmpty()) {
      throw Rejected.invalid("messages: at least one message is required");
    }
    if (messages.size() > MAX_MESSAGES) {
      throw Rejected.invalid("messages: List should have at most " + MAX_MESSAGES + " items");
    }
    int last = messages.size() - 1;
    for (int i = 0; i <= last; i++) {
      message("messages." + i, messages.get(i), i == 0, i == last);
    }
    if (!model.prefill() && role(messages.get(last)).equals("assistant")) {
      throw Rejected.invalid(
          "This model does not support assistant message prefill. The conversation must end with a user message.");
    }
  }

  private static String role(JsonNode message) {
    return message.path("role").asString("");
  }

  private void message(String at, JsonNode message, boolean first, boolean last) {
    if (!message.isObject()) {
      throw Rejected.invalid(at + ": Input should be a valid dictionary");
    }
    if (!message.has("role")) {
      throw Rejected.invalid(at + ".role: Field required");
    }
    String role = role(message);
    boolean system = role.equals("system") && model.systemMessages() && !first;
    if (!system && !role.equals("user") && !role.equals("assistant")) {
      throw Rejected.invalid(at + ".role: Input should be 'user' or 'assistant'");
    }
    JsonNode content = message.get("content");
    if (content == null) {
      throw Rejected.invalid(at + ".content: Field required");
    }
    if (!content.isString() && !content.isArray()) {
      throw Rejected.invalid(at + ".content: Input should be a valid string or a valid list");
    }
    boolean empty = content.isArray() ? content.isEmpty() : content.stringValue().isEmpty();
    if (empty && !(last && role.equals("assistant"))) {
      throw Rejected.invalid(
          at
              + ": all messages must have non-empty content except for the optional final assistant message");
    }
    if (content.isArray()) {
      for (int i = 0; i < content.size(); i++) {
        block(at + ".content." + i, content.get(i), role);
      }
    }
  }

  private void block(String at, JsonNode block, String role) {
    if (!block.isObject()) {
      throw Rejected.invalid(at + ": Input should be a valid dictionary");
    }
    JsonNode type = block.get("type");
    if (type == null || !type.isString()) {
      throw Rejected.invalid(at + ".type: Field required");
    }
    if (type.stringValue().equals("text")) {
      JsonNode text = block.get("text");
      if (text == null) {
        throw Rejected.invalid(at + ".text.text: Field required");
      }
      if (!text.isString()) {
        throw Rejected.invalid(at + ".text.text: Input should be a valid string");
      }
      if (text.stringValue().isEmpty()) {
        throw Rejected.invalid("messages: text content blocks must be non-empty");
      }
      if (newVersion && role.equals("user") && !block.path("citations").isEmpty()) {
        throw Rejected.invalid(at + ".text.citations: Extra inputs are not permitted");
      }
    } else if (newVersion && role.equals("assistant") && type.stringValue().equals("document")) {
      throw Rejected.invalid(at + ": document blocks are not permitted in assistant messages");
    }
  }

  private void thinking() {
    JsonNode thinking = root.get("thinking");
    if (thinking == null || thinking.isNull()) {
      return;
    }
    String type = thinking.path("type").asString("");
    boolean known = model.thinking().contains(type) || type.equals("between_tools");
    if (!known) {
      throw Rejected.invalid(
          "thinking.type: '%s' is not supported by %s".formatted(type, model.id()));
    }
    if (type.equals("enabled")) {
      long budget = thinking.path("budget_tokens").asLong(0);
      if (budget < 1024) {
        throw Rejected.invalid(
            "thinking.enabled.budget_tokens: Input should be greater than or equal to 1024");
      }
      if (budget >= root.path("max_tokens").asLong(0)) {
        throw Rejected.invalid("`max_tokens` must be greater than `thinking.budget_tokens`");
      }
    }
  }

  private void tools() {
    JsonNode tools = root.path("tools");
    for (int i = 0; i < tools.size(); i++) {
      JsonNode tool = tools.get(i);
      if (!tool.isObject()) {
        throw Rejected.invalid("tools." + i + ": Input should be a valid dictionary");
      }
      if (!tool.path("type").asString("custom").equals("custom")) {
        continue;
      }
      if (!tool.has("name")) {
        throw Rejected.invalid("tools.%d.custom.name: Field required".formatted(i));
      }
      if (!TOOL_NAME.matcher(tool.path("name").asString("")).matches()) {
        throw Rejected.invalid(
            "tools.%d.custom.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'"
                .formatted(i));
      }
      if (!tool.has("input_schema")) {
        throw Rejected.invalid("tools.%d.custom.input_schema: Field required".formatted(i));
      }
    }
    String choice = root.path("tool_choice").path("type").asString("auto");
    if (!model.forcedTools() && (choice.equals("any") || choice.equals("tool"))) {
      throw Rejected.invalid(
          "tool_choice.type: '%s' is not supported by %s".formatted(choice, model.id()));
    }
  }

  private void sampling() {
    // The new version knows no such fields; fields() has refused them.
    if (newVersion || model.sampling()) {
      return;
    }
    for (String name : SAMPLING) {
      JsonNode value = root.get(name);
      boolean isDefault =
          value == null || value.isNull() || (!name.equals("top_k") && value.asDouble(0) == 1.0);
      if (!isDefault) {
        throw Rejected.invalid(name + ": only the default value is accepted by " + model.id());
      }
    }
  }
}
