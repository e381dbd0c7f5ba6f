package io.millrace.cli.bulk;

import io.millrace.cli.client.Json;
import io.millrace.cli.client.RawObject;
import io.millrace.cli.terminal.Misused;
import io.millrace.cli.terminal.Nearest;
import java.io.ByteArrayOutputStream;
import java.math.BigDecimal;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Makes items of what users write: an item as the Message Batches API has it, bare params, or a
 * prompt. What is an item already goes out byte for byte.
 *
 * @param source how complaints name the input
 * @param model for all items; null: as it stands in them, and the usual one for prompts
 * @param maxTokens likewise
 * @param system likewise, and none for prompts
 */
record ItemForm(
    String source, @Nullable String model, @Nullable Integer maxTokens, @Nullable String system) {

  private static final String USUAL_MODEL = "claude-haiku-5-5";
  private static final int USUAL_MAX_TOKENS = 1024;
  private static final Pattern CUSTOM_ID = Pattern.compile("[a-zA-Z0-9_-]{1,64}");
  private static final Set<String> OF_ITEM = Set.of("custom_id", "params", "millrace");
  private static final Set<String> OF_PROMPT = Set.of("custom_id", "prompt", "millrace");

  /** The item in one line of JSON. */
  Item of(long line, byte[] json) {
    RawObject object = parse(line, json);
    byte[] params = object.raw("params");
    if (params != null) {
      refuseOthers(line, object, OF_ITEM);
      return item(line, object, params);
    }
    if (object.has("messages")) {
      if (object.has("custom_id")) {
        throw bad(line, "put the request under \"params\" to give it a custom_id");
      }
      return item(line, new RawObject(), json);
    }
    byte[] prompt = object.raw("prompt");
    if (prompt != null) {
      refuseOthers(line, object, OF_PROMPT);
      if (!(Json.readOrNull(prompt) instanceof String text)) {
        throw bad(line, "prompt: should be a string");
      }
      return prompt(line, object, text);
    }
    throw bad(line, "should hold \"params\", \"messages\" or a \"prompt\"");
  }

  /** The item of a prompt. */
  Item ofPrompt(long line, @Nullable String customId, String prompt) {
    var object = new RawObject();
    if (customId != null) {
      object.text("custom_id", customId);
    }
    return prompt(line, object, prompt);
  }

  private Item prompt(long line, RawObject given, String prompt) {
    if (prompt.isBlank()) {
      throw bad(line, "the prompt is empty");
    }
    byte[] message = new RawObject().text("role", "user").text("content", prompt).bytes();
    var params =
        new RawObject()
            .text("model", USUAL_MODEL)
            .number("max_tokens", USUAL_MAX_TOKENS)
            .put("messages", inBrackets(message));
    return item(line, given, params.bytes());
  }

  private Item item(long line, RawObject given, byte[] written) {
    byte[] params = tuned(line, written);
    String customId = customId(line, given);
    if (!isTuning() && given.has("custom_id") && given.has("params")) {
      return new Item(line, customId, given.bytes(), params);
    }
    var item = new RawObject().text("custom_id", customId).put("params", params);
    byte[] terms = given.raw("millrace");
    if (terms != null) {
      item.put("millrace", terms);
    }
    return new Item(line, customId, item.bytes(), params);
  }

  private String customId(long line, RawObject given) {
    byte[] json = given.raw("custom_id");
    if (json == null) {
      return "line-" + line;
    }
    if (Json.readOrNull(json) instanceof String id && CUSTOM_ID.matcher(id).matches()) {
      return id;
    }
    throw bad(line, "custom_id: should be 1 to 64 letters, digits, _ and -");
  }

  private boolean isTuning() {
    return model != null || maxTokens != null || system != null;
  }

  /** With what the options say; byte for byte the same where they say nothing. */
  private byte[] tuned(long line, byte[] written) {
    RawObject params = parse(line, written);
    if (model != null) {
      params.text("model", model);
    }
    if (maxTokens != null) {
      params.number("max_tokens", maxTokens);
    }
    if (system != null) {
      params.text("system", system);
    }
    check(line, params);
    return params.bytes();
  }

  /** What the server would refuse as well, but only when other batches have been sent. */
  private void check(long line, RawObject params) {
    if (!(value(line, params, "model") instanceof String name) || name.isBlank()) {
      throw bad(line, "params.model: should be the name of a model");
    }
    if (!(value(line, params, "max_tokens") instanceof BigDecimal most)
        || most.signum() < 0
        || most.stripTrailingZeros().scale() > 0) {
      throw bad(line, "params.max_tokens: should be a whole number");
    }
    byte[] messages = params.raw("messages");
    if (messages == null) {
      throw bad(line, "params.messages: Field required");
    }
    if (!isFilledArray(messages)) {
      throw bad(line, "params.messages: should be a list of messages");
    }
    byte[] stream = params.raw("stream");
    if (stream != null && Boolean.TRUE.equals(Json.readOrNull(stream))) {
      throw bad(line, "params.stream: answers of batches are not streamed");
    }
  }

  private @Nullable Object value(long line, RawObject params, String name) {
    byte[] json = params.raw(name);
    if (json == null) {
      throw bad(line, "params." + name + ": Field required");
    }
    return Json.readOrNull(json);
  }

  private static boolean isFilledArray(byte[] json) {
    if (json[0] != '[') {
      return false;
    }
    int at = 1;
    while (json[at] == ' ' || json[at] == '\t') {
      at++;
    }
    return json[at] != ']';
  }

  private void refuseOthers(long line, RawObject object, Set<String> known) {
    for (String name : object.names()) {
      if (!known.contains(name)) {
        throw bad(line, "'%s' is not understood.%s".formatted(name, Nearest.hint(name, known)));
      }
    }
  }

  private RawObject parse(long line, byte[] json) {
    try {
      return RawObject.parse(json, source + ", line " + line + ",");
    } catch (Misused malformed) {
      throw new Misused(String.valueOf(malformed.getMessage()).replace("at line 1, ", "at "));
    }
  }

  private Misused bad(long line, String why) {
    return BadLine.of(source, line, why);
  }

  private static byte[] inBrackets(byte[] message) {
    var list = new ByteArrayOutputStream(message.length + 2);
    list.write('[');
    list.writeBytes(message);
    list.write(']');
    return list.toByteArray();
  }
}
