package io.millrace.claude.call;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.millrace.claude.json.Json;
import java.util.Iterator;
import java.util.Map;
import java.util.Map.Entry;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Puts a streamed Message together again, equal as JSON to what the plain call would have given.
 * Events and members that are not known are kept where they have a place, else passed over.
 */
final class Reassembly {

  /** What an event came to. */
  enum Step {
    GOES_ON,
    /** The message is whole. */
    COMPLETE,
    /** An error event: nothing more will come. */
    FAILED,
    /** Something that cannot stand where it stands; going on would falsify the answer. */
    UNREADABLE,
    TOO_LARGE
  }

  private static final String USAGE = "usage";

  private final int most;
  private final Map<Integer, StreamedBlock> blocks = new TreeMap<>();
  private @Nullable ObjectNode message;
  private byte @Nullable [] error;
  private byte[] whole = {};
  private long kept;
  private long output;

  /**
   * Begins with nothing.
   *
   * @param most bytes of the whole message
   */
  Reassembly(int most) {
    this.most = most;
  }

  Step take(byte[] data) {
    try {
      return Json.tree(data) instanceof ObjectNode event ? take(event, data) : Step.UNREADABLE;
    } catch (JacksonException malformed) {
      return Step.UNREADABLE;
    }
  }

  /** The message, once it is complete. */
  byte[] message() {
    return whole;
  }

  /** What there is of an answer that did not become whole. */
  Reply.Remains remains() {
    JsonNode usage = message == null ? null : message.get(USAGE);
    return new Reply.Remains(usage == null ? null : usage.toString(), output, error);
  }

  private Step take(ObjectNode event, byte[] data) {
    String type = event.path("type").asString("");
    Step step =
        switch (type) {
          case "message_start" -> start(event, data);
          case "content_block_start" -> open(event, data);
          case "content_block_delta" -> add(event);
          case "content_block_stop" -> Step.GOES_ON;
          case "message_delta" -> change(event, data);
          case "message_stop" -> stop();
          case "error" -> {
            error = data;
            yield Step.FAILED;
          }
          // Pings, and what is yet to be invented.
          default -> Step.GOES_ON;
        };
    return kept > most && step == Step.GOES_ON ? Step.TOO_LARGE : step;
  }

  private Step start(ObjectNode event, byte[] data) {
    if (message != null || !(event.get("message") instanceof ObjectNode begun)) {
      return Step.UNREADABLE;
    }
    message = begun;
    kept += data.length;
    return Step.GOES_ON;
  }

  private Step open(ObjectNode event, byte[] data) {
    if (message == null
        || !event.path("index").isInt()
        || !(event.get("content_block") instanceof ObjectNode block)) {
      return Step.UNREADABLE;
    }
    kept += data.length;
    var before = blocks.put(event.path("index").asInt(), new StreamedBlock(block));
    return before == null ? Step.GOES_ON : Step.UNREADABLE;
  }

  private Step add(ObjectNode event) {
    StreamedBlock block = blocks.get(event.path("index").asInt(-1));
    if (block == null || !(event.get("delta") instanceof ObjectNode delta)) {
      return Step.UNREADABLE;
    }
    long added = block.add(delta);
    kept += added;
    output += added;
    return Step.GOES_ON;
  }

  private Step change(ObjectNode event, byte[] data) {
    if (message == null) {
      return Step.UNREADABLE;
    }
    kept += data.length;
    for (Entry<String, JsonNode> member : event.properties()) {
      switch (member.getKey()) {
        case "type" -> {}
        case "delta" -> overlay(message, member.getValue());
        case USAGE -> overlay(object(message, USAGE), member.getValue());
        default -> put(message, member.getKey(), member.getValue());
      }
    }
    return Step.GOES_ON;
  }

  private Step stop() {
    if (message == null) {
      return Step.UNREADABLE;
    }
    ArrayNode content = message.putArray("content");
    for (Iterator<StreamedBlock> each = blocks.values().iterator(); each.hasNext(); ) {
      content.add(each.next().whole());
      each.remove();
    }
    whole = bytes(message);
    return whole.length > most ? Step.TOO_LARGE : Step.COMPLETE;
  }

  // Half a surrogate pair, which JSON allows only as an escape, cannot be written as UTF-8.
  private static byte[] bytes(ObjectNode message) {
    try {
      return Json.bytes(message);
    } catch (JacksonException unwritable) {
      return Json.ascii(message).getBytes(UTF_8);
    }
  }

  private static void overlay(ObjectNode target, JsonNode changes) {
    changes.properties().forEach(change -> put(target, change.getKey(), change.getValue()));
  }

  /** Totals are cumulative and so replaced, but what an event does not know it says as null. */
  private static void put(ObjectNode target, String name, JsonNode value) {
    JsonNode before = target.get(name);
    if (value.isNull() && before != null) {
      return;
    }
    if (value.isObject() && before instanceof ObjectNode inner) {
      overlay(inner, value);
    } else {
      target.set(name, value);
    }
  }

  private static ObjectNode object(ObjectNode parent, String name) {
    return parent.get(name) instanceof ObjectNode there ? there : parent.putObject(name);
  }
}
