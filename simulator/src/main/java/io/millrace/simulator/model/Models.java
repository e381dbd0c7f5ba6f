package io.millrace.simulator.model;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The catalogue, newest model first, as kept in {@code models.json} beside this class. */
public final class Models {
  private final List<Model> all;
  private final Map<String, Model> byName = new HashMap<>();

  private Models(List<Model> all) {
    this.all = List.copyOf(all);
    for (Model model : all) {
      byName.put(model.id(), model);
      model.alias().ifPresent(alias -> byName.put(alias, model));
    }
  }

  public static Models load() {
    List<Model> read = new ArrayList<>();
    catalogue().get("models").forEach(node -> read.add(model(node)));
    return new Models(read);
  }

  /** The file's content, for those who need its other parts. */
  public static JsonNode catalogue() {
    try (InputStream in =
        Objects.requireNonNull(Models.class.getResourceAsStream("models.json"), "models.json")) {
      return JsonMapper.shared().readTree(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Model model(JsonNode node) {
    JsonNode tools = node.get("tool_prompt_tokens");
    Set<String> thinking =
        node.get("thinking")
            .valueStream()
            .map(JsonNode::asString)
            .collect(Collectors.toUnmodifiableSet());
    return new Model(
        node.get("id").asString(),
        text(node, "alias"),
        node.get("display_name").asString(),
        node.get("pool").asString(),
        Instant.parse(node.get("created_at").asString()),
        text(node, "deprecated_at").map(Instant::parse),
        text(node, "retires_at").map(Instant::parse),
        node.get("max_input_tokens").asLong(),
        node.get("max_tokens").asLong(),
        node.get("min_cacheable_tokens").asLong(),
        node.get("tokens_per_4_characters").asDouble(),
        thinking,
        node.get("prefill").asBoolean(),
        node.get("sampling").asBoolean(),
        node.get("forced_tools").asBoolean(),
        node.get("system_messages").asBoolean(),
        new Model.ToolPrompt(tools.get(0).asInt(), tools.get(1).asInt()));
  }

  private static Optional<String> text(JsonNode node, String name) {
    return Optional.ofNullable(node.get(name)).map(JsonNode::asString);
  }

  public List<Model> all() {
    return all;
  }

  /** The model of this id or alias, unless it is unknown or retired. */
  public Optional<Model> served(String name, Instant now) {
    return Optional.ofNullable(byName.get(name)).filter(model -> !model.isRetired(now));
  }

  public Optional<Model> known(String name) {
    return Optional.ofNullable(byName.get(name));
  }
}
