package io.millrace.simulator.message;

import io.millrace.simulator.message.Prompt.Block;
import io.millrace.simulator.message.Prompt.Ttl;
import io.millrace.simulator.model.Model;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Counts a request's input: each block's characters times the model's tokens per four characters,
 * divided by four and rounded up; three more for a message; 1,500 for an image; and for a PDF 1,500
 * per 50,000 characters of its Base64.
 */
public final class PromptReader {
  private static final int PER_MESSAGE = 3;
  private static final int PER_IMAGE = 1_500;
  private static final int PDF_CHARACTERS_PER_PAGE = 50_000;
  private static final int MAX_BREAKPOINTS = 4;

  private final Model model;
  private final ObjectNode root;
  private final boolean caches;
  private final List<Block> blocks = new ArrayList<>();
  private final @Nullable MessageDigest digest;
  private long tokens;
  private int breakpoints;
  private boolean fiveMinutesSeen;

  private PromptReader(MessageRequest request, Model model, byte[] body) {
    this.model = model;
    root = request.root();
    caches = mentionsCacheControl(body);
    digest = caches ? sha256() : null;
  }

  /** {@code body} is what the request was read from. */
  public static Prompt read(MessageRequest request, Model model, byte[] body) {
    return new PromptReader(request, model, body).read();
  }

  private Prompt read() {
    tools();
    content("system", "system", root.path("system"));
    JsonNode messages = root.path("messages");
    for (int i = 0; i < messages.size(); i++) {
      tokens += PER_MESSAGE;
      JsonNode message = messages.get(i);
      content(
          "messages." + i + ".content", message.path("role").asString(""), message.path("content"));
    }
    JsonNode automatic = root.path("cache_control");
    if (automatic.isObject() && !blocks.isEmpty()) {
      Block last = blocks.removeLast();
      blocks.add(new Block(last.upTo(), last.prefix(), ttl("cache_control", automatic)));
    }
    return new Prompt(blocks, tokens);
  }

  private void tools() {
    JsonNode tools = root.path("tools");
    if (tools.isEmpty()) {
      return;
    }
    String choice = root.path("tool_choice").path("type").asString("auto");
    boolean forced = choice.equals("any") || choice.equals("tool");
    tokens += forced ? model.toolPrompt().forced() : model.toolPrompt().auto();
    for (int i = 0; i < tools.size(); i++) {
      JsonNode tool = tools.get(i);
      add("tools." + i, "tool", tool, ofText(tool.toString().length()));
    }
  }

  private void content(String at, String role, JsonNode content) {
    if (content.isString()) {
      add(at, role, content, ofText(content.stringValue().length()));
    } else {
      for (int i = 0; i < content.size(); i++) {
        JsonNode block = content.get(i);
        add(caches ? at + "." + i : at, role, block, ofBlock(block));
      }
    }
  }

  private void add(String at, String role, JsonNode block, long count) {
    tokens += count;
    if (!caches) {
      return;
    }
    JsonNode control = block.path("cache_control");
    Ttl ttl = control.isObject() ? ttl(at + ".cache_control", control) : null;
    blocks.add(new Block(tokens, prefixWith(role, block), ttl));
  }

  private Ttl ttl(String at, JsonNode control) {
    if (++breakpoints > MAX_BREAKPOINTS) {
      throw Rejected.invalid(
          "A maximum of %d blocks with cache_control may be provided. Found %d."
              .formatted(MAX_BREAKPOINTS, breakpoints));
    }
    if (!control.path("type").asString("").equals("ephemeral")) {
      throw Rejected.invalid(at + ".type: Input should be 'ephemeral'");
    }
    return switch (control.path("ttl").asString("5m")) {
      case "5m" -> {
        fiveMinutesSeen = true;
        yield Ttl.FIVE_MINUTES;
      }
      case "1h" -> {
        if (fiveMinutesSeen) {
          throw Rejected.invalid(
              at
                  + ".ttl: a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block");
        }
        yield Ttl.ONE_HOUR;
      }
      default -> throw Rejected.invalid(at + ".ttl: Input should be '5m' or '1h'");
    };
  }

  private String prefixWith(String role, JsonNode block) {
    if (digest == null) {
      return "";
    }
    String text;
    if (block.isString()) {
      text = "{\"type\":\"text\",\"text\":" + block + "}";
    } else if (block instanceof ObjectNode object && object.has("cache_control")) {
      ObjectNode bare = object.deepCopy();
      bare.remove("cache_control");
      text = bare.toString();
    } else {
      text = block.toString();
    }
    digest.update((role + '\n' + text + '\n').getBytes(StandardCharsets.UTF_8));
    try {
      return HexFormat.of().formatHex(((MessageDigest) digest.clone()).digest());
    } catch (CloneNotSupportedException e) {
      throw new IllegalStateException("the JDK's SHA-256 can be cloned", e);
    }
  }

  private long ofText(long characters) {
    return (long) Math.ceil(characters * model.tokensPer4Characters() / 4 - 1e-9);
  }

  private long ofBlock(JsonNode block) {
    return switch (block.path("type").asString("")) {
      case "text" -> ofText(block.path("text").asString("").length());
      case "image" -> PER_IMAGE;
      case "document" -> ofDocument(block.path("source"));
      case "tool_result" -> ofNested(block.path("content"));
      default -> ofText(block.toString().length());
    };
  }

  private long ofNested(JsonNode content) {
    if (content.isString()) {
      return ofText(content.stringValue().length());
    }
    long sum = 0;
    for (JsonNode block : content) {
      sum += ofBlock(block);
    }
    return sum;
  }

  private long ofDocument(JsonNode source) {
    JsonNode data = source.path("data");
    if (source.path("type").asString("").equals("text")) {
      return ofText(data.asString("").length());
    }
    if (source.has("content")) {
      return ofNested(source.path("content"));
    }
    return PER_IMAGE * (1L + data.asString("").length() / PDF_CHARACTERS_PER_PAGE);
  }

  private static boolean mentionsCacheControl(byte[] body) {
    byte[] name = "cache_control".getBytes(StandardCharsets.US_ASCII);
    outer:
    for (int i = 0; i + name.length <= body.length; i++) {
      if (body[i] != 'c') {
        continue;
      }
      for (int j = 1; j < name.length; j++) {
        if (body[i + j] != name[j]) {
          continue outer;
        }
      }
      return true;
    }
    return false;
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
