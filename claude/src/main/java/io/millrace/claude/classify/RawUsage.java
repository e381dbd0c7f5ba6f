package io.millrace.claude.classify;

import io.millrace.claude.json.Json;
import io.millrace.money.Usage;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/** Reads the provider's {@code usage} object. */
public final class RawUsage {

  private static final String INPUT = "input_tokens";
  private static final String OUTPUT = "output_tokens";
  private static final String WRITES = "cache_creation_input_tokens";
  private static final String WRITES_5M = "cache_creation.ephemeral_5m_input_tokens";
  private static final String WRITES_1H = "cache_creation.ephemeral_1h_input_tokens";
  private static final String READS = "cache_read_input_tokens";
  private static final String THINKING = "output_tokens_details.thinking_tokens";
  private static final String SEARCHES = "server_tool_use.web_search_requests";

  private static final String ITERATIONS = "iterations";
  private static final String MESSAGE = "message";

  private RawUsage() {}

  /**
   * Reads it to the token, as a bill needs it.
   *
   * @return empty if input or output is missing, if any number is not whole, or if something was
   *     sampled besides the message, such as a compaction, whose tokens the sums do not have: a
   *     bill that counts such as nothing would be wrong
   */
  public static Optional<Usage> read(String json) {
    byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
    try (JsonParser parser = Json.parser(bytes)) {
      if (parser.nextToken() != JsonToken.START_OBJECT || !onlyMessages(json, bytes)) {
        return Optional.empty();
      }
      Map<String, String> scalars = Json.scalars(parser);
      boolean exact =
          scalars.containsKey(INPUT)
              && scalars.containsKey(OUTPUT)
              && List.of(WRITES, WRITES_5M, WRITES_1H, READS, SEARCHES).stream()
                  .allMatch(path -> isWhole(scalars.getOrDefault(path, "0")))
              && isWhole(scalars.get(INPUT))
              && isWhole(scalars.get(OUTPUT));
      return exact ? Optional.of(of(scalars)) : Optional.empty();
    } catch (JacksonException malformed) {
      return Optional.empty();
    }
  }

  /** The usage of a message that is not whole. */
  static Optional<Usage> seen(byte[] json) {
    try (JsonParser parser = Json.parser(json)) {
      return parser.nextToken() == JsonToken.START_OBJECT
          ? Optional.of(of(Json.scalars(parser)))
          : Optional.empty();
    } catch (JacksonException malformed) {
      return Optional.empty();
    }
  }

  /** As far as it can be read; what cannot counts nothing. */
  static Usage of(Map<String, String> scalars) {
    long writes = number(scalars, WRITES);
    long write5m = number(scalars, WRITES_5M);
    long write1h = number(scalars, WRITES_1H);
    // Without the split, or with a lifetime yet unknown, writes are of the default five minutes.
    long unsplit = Math.max(0, writes - write5m - write1h);
    return new Usage(
        number(scalars, INPUT),
        number(scalars, OUTPUT),
        write5m + unsplit,
        write1h,
        number(scalars, READS),
        number(scalars, THINKING),
        number(scalars, SEARCHES),
        scalars.get("service_tier"),
        scalars.get("inference_geo"),
        scalars.get("speed"));
  }

  private static boolean onlyMessages(String json, byte[] bytes) {
    if (!json.contains(ITERATIONS)) {
      return true;
    }
    try (JsonParser parser = Json.parser(bytes)) {
      parser.nextToken();
      while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
        boolean iterations = parser.currentName().equals(ITERATIONS);
        if (parser.nextToken() == JsonToken.START_ARRAY && iterations) {
          while (parser.nextToken() == JsonToken.START_OBJECT) {
            if (!MESSAGE.equals(Json.scalars(parser).getOrDefault("type", MESSAGE))) {
              return false;
            }
          }
        } else {
          parser.skipChildren();
        }
      }
    }
    return true;
  }

  private static boolean isWhole(String number) {
    return number.matches("\\d{1,18}");
  }

  private static long number(Map<String, String> scalars, String path) {
    String number = scalars.getOrDefault(path, "0");
    return isWhole(number) ? Long.parseLong(number) : 0;
  }
}
