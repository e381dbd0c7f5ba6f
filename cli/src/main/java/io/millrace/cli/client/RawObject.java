package io.millrace.cli.client;

import io.millrace.cli.terminal.Misused;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.TokenStreamLocation;

/**
 * A JSON object whose values stay the bytes they were: what a user wrote goes out as it was
 * written, whatever is put beside it.
 */
public final class RawObject {

  private final Map<String, byte[]> fields = new LinkedHashMap<>();
  private byte @Nullable [] original;

  /**
   * Reads an object.
   *
   * @param source how a complaint names it
   * @throws Misused if the bytes are no JSON object
   */
  public static RawObject parse(byte[] json, String source) {
    var object = new RawObject();
    try (JsonParser parser = Json.FACTORY.createParser(ObjectReadContext.empty(), json)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw new Misused(source + " should hold a JSON object.");
      }
      while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
        String name = parser.currentName();
        parser.nextToken();
        int start = (int) parser.currentTokenLocation().getByteOffset();
        parser.skipChildren();
        parser.finishToken();
        int end = (int) parser.currentLocation().getByteOffset();
        object.fields.put(name, Arrays.copyOfRange(json, start, end));
      }
      if (parser.nextToken() != null) {
        throw new Misused(source + " holds more than one JSON value.");
      }
    } catch (JacksonException malformed) {
      TokenStreamLocation at = malformed.getLocation();
      throw new Misused(
          "%s is no valid JSON at line %d, column %d: %s"
              .formatted(source, at.getLineNr(), at.getColumnNr(), reason(malformed)));
    }
    object.original = json;
    return object;
  }

  /** Without the parser's remarks on where, in its words. */
  private static String reason(JacksonException malformed) {
    return malformed
        .getOriginalMessage()
        .replaceFirst(" \\((start marker|for \\w+ starting|byte offset).*", "");
  }

  public boolean has(String name) {
    return fields.containsKey(name);
  }

  public RawObject put(String name, byte[] json) {
    fields.put(name, json);
    original = null;
    return this;
  }

  public RawObject text(String name, String value) {
    return put(name, Json.string(value));
  }

  public RawObject number(String name, int value) {
    return put(name, Integer.toString(value).getBytes(StandardCharsets.UTF_8));
  }

  /** The bytes of a value, or null where there is none of that name. */
  public byte @Nullable [] raw(String name) {
    return fields.get(name);
  }

  /** In the order in which they stand. */
  public Set<String> names() {
    return fields.keySet();
  }

  /** The very bytes that were read, unless something was put since. */
  public byte[] bytes() {
    if (original != null) {
      return original;
    }
    var out = new ByteArrayOutputStream();
    fields.forEach((name, value) -> {
      out.write(out.size() == 0 ? '{' : ',');
      out.writeBytes(Json.string(name));
      out.write(':');
      out.writeBytes(value);
    });
    if (out.size() == 0) {
      out.write('{');
    }
    out.write('}');
    return out.toByteArray();
  }
}
