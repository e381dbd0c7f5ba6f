package io.millrace.claude.json;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.json.JsonWriteFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectWriter;
import tools.jackson.databind.cfg.JsonNodeFeature;
import tools.jackson.databind.json.JsonMapper;

/** Parsers for requests and replies. Sizes are bounded where the bytes come from, not here. */
public final class Json {
  private static final int DEEPEST = 10_000;
  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(DEEPEST)
                  .maxStringLength(Integer.MAX_VALUE)
                  .maxNameLength(Integer.MAX_VALUE)
                  .maxNumberLength(Integer.MAX_VALUE)
                  .build())
          .build();

  private static final JsonMapper TREES =
      JsonMapper.builder(FACTORY)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
          .build();
  private static final ObjectWriter ASCII = TREES.writer().with(JsonWriteFeature.ESCAPE_NON_ASCII);

  private Json() {}

  /** The whole as a tree; numbers keep their digits. */
  public static JsonNode tree(byte[] utf8) {
    return TREES.readTree(utf8);
  }

  /** The tree as JSON in UTF-8. */
  public static byte[] bytes(JsonNode tree) {
    return TREES.writeValueAsBytes(tree);
  }

  /** The tree as JSON of ASCII characters only, which can hold half a surrogate pair. */
  public static String ascii(JsonNode tree) {
    return ASCII.writeValueAsString(tree);
  }

  public static JsonParser parser(byte[] utf8) {
    return FACTORY.createParser(ObjectReadContext.empty(), utf8);
  }

  /**
   * Reads the object at which the parser stands to its end.
   *
   * @return its numbers, strings and booleans by dotted path; nulls and arrays are left out
   */
  public static Map<String, String> scalars(JsonParser parser) {
    var scalars = new HashMap<String, String>();
    collect(parser, "", scalars);
    return scalars;
  }

  private static void collect(JsonParser parser, String prefix, Map<String, String> scalars) {
    while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
      String path = prefix + parser.currentName();
      JsonToken value = parser.nextToken();
      if (value == JsonToken.START_OBJECT) {
        collect(parser, path + ".", scalars);
      } else if (value == JsonToken.START_ARRAY) {
        parser.skipChildren();
      } else if (value != JsonToken.VALUE_NULL) {
        scalars.put(path, parser.getString());
      }
    }
  }

  /** The bytes from one offset to another as text. */
  public static String slice(byte[] utf8, long from, long to) {
    return new String(
        utf8, Math.toIntExact(from), Math.toIntExact(to - from), StandardCharsets.UTF_8);
  }
}
