package io.millrace.simulator.batch;

import io.millrace.simulator.message.Rejected;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.databind.json.JsonMapper;

/**
 * Reads the body of a create request slice by slice, so that a large one holds up no other call,
 * and notes where each item's {@code params} stand instead of copying them. These are judged later,
 * as the API does; what is refused here fails the whole batch.
 */
final class BatchReader {
  static final int MOST_ITEMS = 100_000;

  private static final JsonMapper JSON = JsonMapper.shared();
  private static final String CUSTOM_ID = "^[a-zA-Z0-9_-]{1,64}$";
  private static final Pattern CUSTOM_ID_PATTERN = Pattern.compile(CUSTOM_ID);
  private static final int STEPS = 64;

  private final JsonParser parser;
  private final List<Item> items = new ArrayList<>();
  private final Set<String> customIds = new HashSet<>();
  private boolean begun;
  private boolean inRequests;
  private boolean requestsSeen;
  private boolean over;

  BatchReader(byte[] body) {
    parser = JSON.createParser(body);
  }

  /** Reads on until this {@link System#nanoTime}; true: there is no more to read. */
  boolean read(long until) {
    try {
      while (!over) {
        for (int i = 0; i < STEPS && !over; i++) {
          step();
        }
        if (!over && System.nanoTime() - until > 0) {
          return false;
        }
      }
    } catch (JacksonException e) {
      throw Rejected.invalid(
          "The request body is not valid JSON: "
              + e.getOriginalMessage().replaceAll("[\\r\\n].*", ""));
    }
    return true;
  }

  List<Item> items() {
    return items;
  }

  private void step() {
    if (!begun) {
      begun = true;
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw Rejected.invalid("The request body is not valid JSON: an object is required");
      }
    } else if (inRequests) {
      item();
    } else {
      field();
    }
  }

  private void field() {
    String name = parser.nextName();
    if (name == null) {
      if (parser.nextToken() != null) {
        throw Rejected.invalid("The request body is not valid JSON: something follows the object");
      }
      end();
    } else if (!name.equals("requests")) {
      throw Rejected.invalid(name + ": Extra inputs are not permitted");
    } else if (parser.nextToken() != JsonToken.START_ARRAY) {
      throw Rejected.invalid("requests: Input should be a valid list");
    } else {
      inRequests = true;
      requestsSeen = true;
    }
  }

  private void end() {
    over = true;
    if (!requestsSeen) {
      throw Rejected.invalid("requests: Field required");
    }
    if (items.isEmpty()) {
      throw Rejected.invalid("requests: List should have at least 1 item after validation, not 0");
    }
  }

  private void item() {
    JsonToken token = parser.nextToken();
    if (token == JsonToken.END_ARRAY) {
      inRequests = false;
      return;
    }
    String at = "requests." + items.size();
    if (token != JsonToken.START_OBJECT) {
      throw Rejected.invalid(at + ": Input should be a valid dictionary");
    }
    if (items.size() == MOST_ITEMS) {
      throw Rejected.invalid("requests: List should have at most " + MOST_ITEMS + " items");
    }
    String customId = null;
    int from = -1;
    int to = -1;
    String name = parser.nextName();
    while (name != null) {
      JsonToken value = parser.nextToken();
      switch (name) {
        case "custom_id" -> customId = customId(at, value);
        case "params" -> {
          if (value != JsonToken.START_OBJECT) {
            throw Rejected.invalid(at + ".params: Input should be a valid dictionary");
          }
          from = (int) parser.currentTokenLocation().getByteOffset();
          parser.skipChildren();
          to = (int) parser.currentLocation().getByteOffset();
        }
        default -> throw Rejected.invalid(at + "." + name + ": Extra inputs are not permitted");
      }
      name = parser.nextName();
    }
    if (customId == null) {
      throw Rejected.invalid(at + ".custom_id: Field required");
    }
    if (from < 0) {
      throw Rejected.invalid(at + ".params: Field required");
    }
    items.add(new Item(customId, from, to));
  }

  private String customId(String at, JsonToken value) {
    if (value != JsonToken.VALUE_STRING) {
      throw Rejected.invalid(at + ".custom_id: Input should be a valid string");
    }
    String customId = parser.getString();
    if (!CUSTOM_ID_PATTERN.matcher(customId).matches()) {
      throw Rejected.invalid(at + ".custom_id: String should match pattern '" + CUSTOM_ID + "'");
    }
    if (!customIds.add(customId)) {
      throw Rejected.invalid(at + ".custom_id: '" + customId + "' occurs more than once");
    }
    return customId;
  }
}
