package io.millrace.claude.call;

import io.millrace.claude.json.Json;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Map.Entry;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** One block of a streamed Message's content: as it began, and what its deltas added. */
final class StreamedBlock {
  private static final String INPUT = "input";

  private final ObjectNode block;
  private final Map<String, StringBuilder> texts = new HashMap<>();
  private @Nullable StringBuilder json;

  StreamedBlock(ObjectNode block) {
    this.block = block;
  }

  /**
   * Adds a delta, of a known type or another: texts and lists grow, anything else is replaced.
   *
   * @return about how many characters it brought
   */
  long add(ObjectNode delta) {
    String type = delta.path("type").asString("");
    long added = 0;
    for (Entry<String, JsonNode> member : delta.properties()) {
      String name = member.getKey();
      JsonNode value = member.getValue();
      if (!name.equals("type") && !value.isNull()) {
        add(type, name, value);
        added += value.isString() ? value.asString().length() : value.toString().length();
      }
    }
    return added;
  }

  private void add(String type, String name, JsonNode value) {
    if (type.equals("input_json_delta") && name.equals("partial_json")) {
      json = (json == null ? new StringBuilder() : json).append(value.asString(""));
    } else if (type.equals("citations_delta") && name.equals("citation")) {
      list("citations").add(value);
    } else if (type.equals("signature_delta")) {
      block.set(name, value);
    } else if (value.isString()) {
      texts
          .computeIfAbsent(name, key -> new StringBuilder(block.path(key).asString("")))
          .append(value.asString());
    } else if (value.isArray()) {
      list(name).addAll((ArrayNode) value);
    } else {
      block.set(name, value);
    }
  }

  /** The block, complete. */
  ObjectNode whole() {
    texts.forEach((name, text) -> block.put(name, text.toString()));
    texts.clear();
    if (json != null && !json.toString().isBlank()) {
      block.set(INPUT, input(json.toString()));
    }
    return block;
  }

  private ArrayNode list(String name) {
    return block.get(name) instanceof ArrayNode there ? there : block.putArray(name);
  }

  // max_tokens may cut an input anywhere. What there is was paid for, so it is kept, but under a
  // name by which nobody takes half an input for a whole one.
  private JsonNode input(String text) {
    try {
      return Json.tree(text.getBytes(StandardCharsets.UTF_8));
    } catch (JacksonException incomplete) {
      return block.objectNode().put("INVALID_JSON", text);
    }
  }
}
