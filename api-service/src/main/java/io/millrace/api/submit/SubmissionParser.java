package io.millrace.api.submit;

import static io.millrace.api.fields.Values.refused;

import io.millrace.api.problem.Problem;
import io.millrace.api.problem.Refused;
import io.millrace.webhook.address.Targets;
import io.millrace.wire.Json;
import java.time.Clock;
import java.util.HashSet;
import java.util.Set;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.exc.StreamConstraintsException;

/** Turns the bytes of a request into a {@link Submission}, or says what is wrong with them. */
public final class SubmissionParser {

  private static final Pattern BRACKET =
      Pattern.compile(" \\((?:start marker|for \\w+ starting) at .*", Pattern.DOTALL);

  private final Clock clock;
  private final Targets targets;

  /**
   * @param clock tells which deadlines have passed already
   * @param targets tell where a webhook may be sent
   */
  SubmissionParser(Clock clock, Targets targets) {
    this.clock = clock;
    this.targets = targets;
  }

  /**
   * The submission that {@code body} holds.
   *
   * @throws Refused naming the first fault
   */
  Submission parse(byte[] body) {
    checkEncoding(body);
    try (JsonParser json = Json.parser(body)) {
      if (json.nextToken() == null) {
        throw refused("body", "Field required: a JSON object with params");
      }
      if (json.currentToken() != JsonToken.START_OBJECT) {
        throw refused("body", "Input should be an object");
      }
      Submission submission = readObject(body, json);
      if (json.nextToken() != null) {
        throw refused("body", "There is more after the JSON object");
      }
      return submission;
    } catch (StreamConstraintsException tooDeep) {
      // Nesting is the only bound that the parser has.
      throw refused(
          "params", "Input should be nested at most " + Json.MAX_NESTING + " levels deep");
    } catch (JacksonException malformed) {
      throw refused(
          "body",
          "Malformed JSON at line %d, column %d: %s"
              .formatted(
                  malformed.getLocation().getLineNr(),
                  malformed.getLocation().getColumnNr(),
                  withoutSource(malformed.getOriginalMessage())));
    }
  }

  /** What a parser says, without where the open bracket stood, in words about its own settings. */
  public static String withoutSource(String message) {
    return BRACKET.matcher(message).replaceFirst("");
  }

  private Submission readObject(byte[] body, JsonParser json) {
    var fields = new SubmissionFields(Slices.of(body), json, targets, clock.instant());
    Set<String> seen = new HashSet<>();
    for (String name = json.nextName(); name != null; name = json.nextName()) {
      if (!SubmissionFields.NAMES.contains(name)) {
        throw refused(
            UnknownField.shown(name),
            "Extra inputs are not permitted" + UnknownField.suggestion(name));
      }
      if (!seen.add(name)) {
        throw refused(name, "Field appears more than once");
      }
      json.nextToken();
      fields.read(name);
    }
    return fields.finished();
  }

  /** Before the parser, which would take UTF-16 and UTF-32 for JSON too. */
  private static void checkEncoding(byte[] body) {
    int fault = StrictUtf8.firstFault(body);
    if (fault >= 0) {
      throw new Refused(Problem.invalidRequest("body: Invalid UTF-8 at byte " + fault));
    }
    for (int i = 0; i < Math.min(4, body.length); i++) {
      if (body[i] == 0) {
        throw refused("body", "Malformed JSON: NUL at byte " + i + "; JSON is sent as UTF-8");
      }
    }
    if (body.length >= 3 && body[0] == (byte) 0xEF && body[1] == (byte) 0xBB) {
      throw refused("body", "Malformed JSON: it starts with a byte order mark");
    }
  }
}
