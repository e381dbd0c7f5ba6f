package io.millrace.cli.client;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;

/**
 * A page of a list.
 *
 * @param next the cursor of the next one, or null where this is the last
 */
public record Page(List<Item> items, @Nullable String next) {

  /** An object, and the bytes that it is of. */
  public record Item(byte[] json, Map<?, ?> fields) {}

  /** The page in an answer, or null where the answer holds none. */
  public static @Nullable Page of(byte[] json) {
    if (!(Json.readOrNull(json) instanceof Map<?, ?> list)
        || !(list.get("data") instanceof List<?> data)) {
      return null;
    }
    List<byte[]> raw = items(json);
    List<Item> items = new ArrayList<>();
    for (int i = 0; i < data.size(); i++) {
      if (data.get(i) instanceof Map<?, ?> fields) {
        items.add(new Item(raw.get(i), fields));
      }
    }
    boolean more = Boolean.TRUE.equals(list.get("has_more"));
    return new Page(items, more && list.get("last_id") instanceof String last ? last : null);
  }

  private static List<byte[]> items(byte[] json) {
    List<byte[]> items = new ArrayList<>();
    try (JsonParser parser = Json.FACTORY.createParser(ObjectReadContext.empty(), json)) {
      parser.nextToken();
      while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
        boolean data = parser.currentName().equals("data");
        if (parser.nextToken() != JsonToken.START_ARRAY || !data) {
          parser.skipChildren();
          continue;
        }
        while (parser.nextToken() != JsonToken.END_ARRAY) {
          int start = (int) parser.currentTokenLocation().getByteOffset();
          parser.skipChildren();
          parser.finishToken();
          items.add(
              Arrays.copyOfRange(json, start, (int) parser.currentLocation().getByteOffset()));
        }
      }
    } catch (JacksonException impossible) {
      throw new IllegalStateException("it was read before", impossible);
    }
    return items;
  }
}
