package io.millrace.claude.batch;

import io.millrace.claude.call.Reply;
import io.millrace.claude.call.ReplyHeaders;
import io.millrace.claude.call.Timings;
import io.millrace.claude.classify.MessageFacts;
import io.millrace.claude.classify.Outcome;
import io.millrace.claude.classify.Outcome.Fault;
import io.millrace.claude.json.Json;
import io.millrace.failure.FailureCode;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/**
 * A line of a batch's results: what became of one request.
 *
 * @param type {@code succeeded}, {@code errored}, {@code canceled}, {@code expired} or, one day,
 *     something else
 * @param body the message or the error envelope, byte for byte; null where there is none
 */
@SuppressWarnings("ArrayRecordComponent") // carried, never compared
public record ResultLine(String customId, String type, byte @Nullable [] body) {

  private static final Timings NO_TIME = new Timings(Instant.EPOCH, null, null, Duration.ZERO);

  /** Reads a line; empty where it is not whole, or something else. */
  public static Optional<ResultLine> read(byte[] line) {
    try (JsonParser parser = Json.parser(line)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        return Optional.empty();
      }
      String customId = null;
      ResultLine result = null;
      while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
        String name = parser.currentName();
        JsonToken value = parser.nextToken();
        if ("custom_id".equals(name) && value == JsonToken.VALUE_STRING) {
          customId = parser.getString();
        } else if ("result".equals(name) && value == JsonToken.START_OBJECT) {
          result = result(parser, line);
        } else {
          parser.skipChildren();
        }
      }
      return customId == null || result == null || parser.nextToken() != null
          ? Optional.empty()
          : Optional.of(new ResultLine(customId, result.type(), result.body()));
    } catch (JacksonException malformed) {
      return Optional.empty();
    }
  }

  private static ResultLine result(JsonParser parser, byte[] line) {
    String type = "";
    byte[] body = null;
    while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
      String name = parser.currentName();
      JsonToken value = parser.nextToken();
      if ("type".equals(name) && value == JsonToken.VALUE_STRING) {
        type = parser.getString();
      } else if (("message".equals(name) || "error".equals(name))
          && value == JsonToken.START_OBJECT) {
        int from = Math.toIntExact(parser.currentTokenLocation().getByteOffset());
        parser.skipChildren();
        body =
            Arrays.copyOfRange(
                line, from, Math.toIntExact(parser.currentLocation().getByteOffset()));
      } else {
        parser.skipChildren();
      }
    }
    return new ResultLine("", type, body);
  }

  /** Whether it was billed. */
  public boolean isBilled() {
    return "succeeded".equals(type);
  }

  /** What it means for the request, in the words of a call. Only an invalid request is for good. */
  public Outcome outcome() {
    return switch (type) {
      case "succeeded" -> answered();
      case "errored" -> errored();
      case "canceled" -> retryable(FailureCode.BATCH_ITEM_CANCELED);
      case "expired" -> retryable(FailureCode.BATCH_ITEM_EXPIRED);
      default -> retryable(FailureCode.BATCH_ITEM_ERRORED);
    };
  }

  private Outcome answered() {
    byte[] message = body == null ? new byte[0] : body;
    return MessageFacts.read(message)
        .<Outcome>map(facts -> new Outcome.Succeeded(message, facts))
        .orElseGet(() -> new Outcome.Ambiguous(Fault.of(FailureCode.UNREADABLE_ANSWER, "")));
  }

  private Outcome errored() {
    byte[] error = body == null ? new byte[0] : body;
    var refused =
        Outcome.of(
            new Reply.Answered(status(error), ReplyHeaders.NONE, error, NO_TIME), Instant.EPOCH);
    if (!(refused instanceof Outcome.Failed failed)) {
      return retryable(FailureCode.BATCH_ITEM_ERRORED);
    }
    return switch (failed) {
      case Outcome.Permanent permanent when failed.code() == FailureCode.INVALID_REQUEST ->
          permanent;
      case Outcome.Retryable retryable -> retryable;
      case Outcome.Permanent _, Outcome.RateLimited _, Outcome.Platform _, Outcome.Ambiguous _ ->
          new Outcome.Retryable(
              new Fault(
                  FailureCode.BATCH_ITEM_ERRORED,
                  failed.fault().message(),
                  failed.fault().status(),
                  failed.fault().envelope()),
              null);
    };
  }

  private static Outcome retryable(FailureCode code) {
    return new Outcome.Retryable(Fault.of(code, ""), null);
  }

  /** The status that an error of this type has where it comes as one (api/errors). */
  private static int status(byte[] error) {
    try (JsonParser parser = Json.parser(error)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        return 500;
      }
      Map<String, String> scalars = Json.scalars(parser);
      return switch (scalars.getOrDefault("error.type", "")) {
        case "invalid_request_error" -> 400;
        case "timeout_error" -> 504;
        case "overloaded_error" -> 529;
        case "api_error" -> 500;
        default -> 403;
      };
    } catch (JacksonException malformed) {
      return 500;
    }
  }
}
