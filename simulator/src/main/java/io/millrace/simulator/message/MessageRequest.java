package io.millrace.simulator.message;

import io.millrace.simulator.model.Model;
import io.millrace.simulator.model.Models;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** A Messages request that has been read, but not yet judged. */
public final class MessageRequest {
  private static final JsonMapper JSON =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(500)
                          .maxStringLength(40_000_000)
                          .build())
                  .build())
          .build();

  private final ObjectNode root;

  private MessageRequest(ObjectNode root) {
    this.root = root;
  }

  public static MessageRequest read(byte[] body) {
    try {
      if (JSON.readTree(body) instanceof ObjectNode object) {
        return new MessageRequest(object);
      }
    } catch (JacksonException e) {
      throw Rejected.invalid(
          "The request body is not valid JSON: "
              + e.getOriginalMessage().replaceAll("[\\r\\n].*", ""));
    }
    throw Rejected.invalid("The request body is not valid JSON: an object is required");
  }

  ObjectNode root() {
    return root;
  }

  /** The model as written, null where there is none to read. */
  public @Nullable String modelName() {
    JsonNode model = root.get("model");
    return model != null && model.isString() ? model.stringValue() : null;
  }

  public @Nullable String userId() {
    JsonNode metadata = root.get("metadata");
    JsonNode id = metadata == null ? null : metadata.get("user_id");
    return id != null && id.isString() ? id.stringValue() : null;
  }

  public boolean streaming() {
    JsonNode stream = root.get("stream");
    return stream != null && stream.isBoolean() && stream.booleanValue();
  }

  /** Only after {@link RequestRules} have passed. */
  public long maxTokens() {
    return root.get("max_tokens").longValue();
  }

  public Model model(Models models, Instant now) {
    String name = modelName();
    if (name == null) {
      throw Rejected.invalid(
          root.has("model") ? "model: Input should be a valid string" : "model: Field required");
    }
    return models
        .served(name, now)
        .orElseThrow(() -> new Rejected(404, "not_found_error", "model: " + name));
  }

  /** The beginning of the last text a user wrote, for an answer that shows whom it answers. */
  public String opening(int characters) {
    JsonNode messages = root.get("messages");
    JsonNode content = messages.get(messages.size() - 1).path("content");
    String text = content.isString() ? content.stringValue() : lastText(content);
    String line = text.strip();
    return line.length() <= characters ? line : line.substring(0, characters).strip() + "…";
  }

  private static String lastText(JsonNode blocks) {
    for (int i = blocks.size() - 1; i >= 0; i--) {
      JsonNode text = blocks.get(i).path("text");
      if (text.isString()) {
        return text.stringValue();
      }
    }
    return "";
  }
}
