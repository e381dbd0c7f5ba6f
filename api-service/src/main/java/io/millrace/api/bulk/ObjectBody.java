package io.millrace.api.bulk;

import static io.millrace.api.fields.Values.refused;

import io.millrace.api.problem.Refused;
import io.millrace.api.submit.MemoryShare;
import io.millrace.api.submit.UnknownField;
import io.millrace.wire.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import java.util.HashSet;
import java.util.Set;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/** Reads a batch as the SDKs send it: one JSON object with the list of its requests. */
final class ObjectBody {

  /** An item lies in the list of the body's object. */
  private static final int LEVELS = 3;

  private final ItemReader reader;
  private final Items items;
  private final BatchTerms terms;
  private String place = "body";

  ObjectBody(ItemReader reader, Items items, BatchTerms terms) {
    this.reader = reader;
    this.items = items;
    this.terms = terms;
  }

  void read(InputStream in, MemoryShare memory) throws IOException {
    var window = new Window(checked(in), memory);
    try (JsonParser json = Json.parser(window, LEVELS)) {
      if (json.nextToken() != JsonToken.START_OBJECT) {
        throw refused("body", "Input should be an object");
      }
      readObject(json, window);
      place = "body";
      if (json.nextToken() != null) {
        throw refused("body", "There is more after the JSON object");
      }
    } catch (JacksonException malformed) {
      if (malformed.getCause() instanceof IOException broken) {
        throw broken;
      }
      throw Faults.malformed(place, malformed);
    }
    items.end();
  }

  private void readObject(JsonParser json, Window window) throws IOException {
    Set<String> seen = new HashSet<>();
    for (String name = json.nextName(); name != null; name = json.nextName()) {
      if (!name.equals("requests") && !name.equals("millrace")) {
        throw refused(UnknownField.shown(name), "Extra inputs are not permitted");
      }
      if (!seen.add(name)) {
        throw refused(name, "Field appears more than once");
      }
      json.nextToken();
      if (name.equals("requests")) {
        readItems(json, window);
      } else {
        long start = json.currentTokenLocation().getByteOffset();
        window.forget(start);
        terms.readBody(json);
        try {
          checkEncoding(window, start, json.currentLocation().getByteOffset());
        } catch (Refused fault) {
          throw Faults.within(name, fault);
        }
      }
      place = "body";
    }
    if (!seen.contains("requests")) {
      throw refused("requests", "Field required");
    }
  }

  private void readItems(JsonParser json, Window window) throws IOException {
    place = "requests";
    if (json.currentToken() != JsonToken.START_ARRAY) {
      throw refused("requests", "Input should be a valid list");
    }
    while (true) {
      place = "requests." + items.count();
      if (json.nextToken() == JsonToken.END_ARRAY) {
        return;
      }
      items.checkRoom();
      long start = json.currentTokenLocation().getByteOffset();
      window.forget(start);
      try {
        Item item = reader.read(json, window);
        checkEncoding(window, start, json.currentLocation().getByteOffset());
        items.add(item);
      } catch (Refused fault) {
        throw Faults.within(place, fault);
      }
    }
  }

  private static void checkEncoding(Window window, long start, long end) {
    Long fault = window.fault(start, end);
    if (fault != null) {
      throw Faults.ofWhole("Invalid UTF-8 at byte " + fault);
    }
  }

  /** Before the parser, which would take UTF-16 and UTF-32 for JSON too. */
  private static InputStream checked(InputStream in) throws IOException {
    byte[] head = in.readNBytes(4);
    if (head.length == 0) {
      throw refused("body", "Field required: a JSON object with requests");
    }
    for (byte one : head) {
      if (one == 0) {
        throw refused("body", "Malformed JSON: it has a NUL; JSON is sent as UTF-8");
      }
    }
    if (head[0] < 0) {
      throw refused("body", "Malformed JSON: it starts with a byte order mark, or no JSON at all");
    }
    var whole = new PushbackInputStream(in, head.length);
    whole.unread(head);
    return whole;
  }
}
