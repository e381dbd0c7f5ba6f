package io.millrace.api.fields;

import static io.millrace.api.fields.Values.refused;

import io.millrace.api.problem.Problem;
import io.millrace.api.problem.Refused;
import io.millrace.wire.Json;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/**
 * Reads the JSON object that says how something is to be done; no body at all is an empty one. A
 * web page that some browser shows cannot send JSON here without asking first, which nobody grants.
 */
public final class SmallBody {

  private static final int MAX_BYTES = 64 << 10;
  private static final int MAX_SHOWN = 64;

  private SmallBody() {}

  /** Takes one field, on whose value the parser stands. */
  @FunctionalInterface
  public interface Field {
    void read(String name, JsonParser json);
  }

  /** Hands over each field of the body; one whose name is not among {@code names} is refused. */
  public static void read(HttpServletRequest request, Set<String> names, Field field)
      throws IOException {
    byte[] body = request.getInputStream().readNBytes(MAX_BYTES + 1);
    if (body.length > MAX_BYTES) {
      throw new Refused(Problem.tooLarge("body: Input should have at most 64 kB"));
    }
    if (body.length == 0) {
      return;
    }
    String type = request.getContentType();
    if (type == null || !type.toLowerCase(Locale.ROOT).startsWith("application/json")) {
      throw refused("content-type", "Input should be application/json");
    }
    try (JsonParser json = Json.parser(body)) {
      if (json.nextToken() != JsonToken.START_OBJECT) {
        throw refused("body", "Input should be an object");
      }
      fields(json, names, field);
      if (json.nextToken() != null) {
        throw refused("body", "There is more after the JSON object");
      }
    } catch (JacksonException malformed) {
      throw refused("body", "Malformed JSON");
    }
  }

  private static void fields(JsonParser json, Set<String> names, Field field) {
    Set<String> seen = new HashSet<>();
    for (String name = json.nextName(); name != null; name = json.nextName()) {
      if (!names.contains(name)) {
        String shown = name.length() <= MAX_SHOWN ? name : name.substring(0, MAX_SHOWN) + "…";
        throw refused(shown, "Extra inputs are not permitted");
      }
      if (!seen.add(name)) {
        throw refused(name, "Field appears more than once");
      }
      json.nextToken();
      field.read(name, json);
    }
  }
}
