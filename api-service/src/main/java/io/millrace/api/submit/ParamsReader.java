package io.millrace.api.submit;

import static io.millrace.api.fields.Values.refused;

import io.millrace.api.fields.Values;
import io.millrace.api.problem.Refused;
import io.millrace.api.submit.Submission.Params;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/**
 * Reads the Messages API request in passing: every token is looked at, nothing is kept but the few
 * fields that intake must check, and the whole is cut out of the body as it stands.
 */
public final class ParamsReader {

  public static final int MAX_BYTES = 32 << 20;
  static final int MAX_MODEL = 256;
  private static final int MAX_USER_ID = 128;

  private final Slices body;
  private final JsonParser json;
  private final Values values;

  private @Nullable String model;
  private @Nullable Integer maxTokens;
  private boolean hasMessages;
  private boolean live;
  private @Nullable String userId;

  /** {@code json} stands on the value of {@code params} and runs over {@code body}. */
  ParamsReader(Slices body, JsonParser json, Values values) {
    this.body = body;
    this.json = json;
    this.values = values;
  }

  Params read() {
    if (json.currentToken() != JsonToken.START_OBJECT) {
      throw refused("params", "Input should be an object");
    }
    long start = json.currentTokenLocation().getByteOffset();
    Set<String> seen = new HashSet<>();
    for (String name = json.nextName(); name != null; name = json.nextName()) {
      json.nextToken();
      boolean ours =
          switch (name) {
            case "model", "max_tokens", "messages", "stream", "metadata" -> true;
            default -> false;
          };
      if (ours && !seen.add(name)) {
        throw refused("params." + name, "Field appears more than once");
      }
      readField(name);
    }
    long end = json.currentLocation().getByteOffset();
    if (end - start > MAX_BYTES) {
      throw new Refused(Body.tooLarge());
    }
    return finished(body.cut(start, end));
  }

  private void readField(String name) {
    switch (name) {
      case "model" -> model = values.name("params.model", MAX_MODEL);
      case "max_tokens" -> maxTokens = values.integer("params.max_tokens", 0, Integer.MAX_VALUE);
      case "messages" -> readMessages();
      case "stream" -> {
        if (json.currentToken() == JsonToken.VALUE_TRUE) {
          throw refused("params.stream", "Input should be false: a job's answer is kept whole");
        }
        json.skipChildren();
      }
      case "metadata" -> readMetadata();
      // What Message Batches refuse.
      case "speed",
          "store",
          "previous_thread_event_id",
          "cache_hint",
          "context_hint",
          "fallbacks" -> {
        live = true;
        json.skipChildren();
      }
      default -> json.skipChildren();
    }
  }

  private void readMessages() {
    if (json.currentToken() != JsonToken.START_ARRAY) {
      throw refused("params.messages", "Input should be a valid list");
    }
    if (json.nextToken() == JsonToken.END_ARRAY) {
      throw refused("params.messages", "List should have at least 1 item");
    }
    do {
      json.skipChildren();
    } while (json.nextToken() != JsonToken.END_ARRAY);
    hasMessages = true;
  }

  /**
   * What is wrong with it is Claude's to say; a user id that we could not keep is just not ours.
   */
  private void readMetadata() {
    if (json.currentToken() != JsonToken.START_OBJECT) {
      json.skipChildren();
      return;
    }
    for (String name = json.nextName(); name != null; name = json.nextName()) {
      if (json.nextToken() == JsonToken.VALUE_STRING && name.equals("user_id")) {
        String value = json.getString();
        userId = Values.fits(value, MAX_USER_ID) ? value : null;
      } else {
        json.skipChildren();
      }
    }
  }

  private Params finished(byte[] params) {
    if (model == null) {
      throw refused("params.model", "Field required");
    }
    if (maxTokens == null) {
      throw refused("params.max_tokens", "Field required");
    }
    if (!hasMessages) {
      throw refused("params.messages", "Field required");
    }
    return new Params(params, model, maxTokens, userId, live || maxTokens == 0);
  }
}
