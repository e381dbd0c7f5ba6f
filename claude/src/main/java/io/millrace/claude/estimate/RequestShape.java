package io.millrace.claude.estimate;

import io.millrace.claude.json.Json;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Set;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/**
 * How much of what a request holds: the measure that estimates start from.
 *
 * @param model empty if the request names none
 * @param maxTokens 0 if it is missing
 * @param asciiChars of the prompt, names of properties included
 * @param wideChars of the prompt: all other characters, of which most are a token or more
 * @param images in the prompt
 * @param documentBytes size of the PDFs in the prompt
 * @param tools whether tools are defined, which adds a hidden prompt
 */
public record RequestShape(
    String model,
    long maxTokens,
    long asciiChars,
    long wideChars,
    int images,
    long documentBytes,
    boolean tools) {

  /**
   * Measures the raw bytes of a request. What cannot be read counts by its size, so that a strange
   * request is over- rather than underestimated.
   */
  public static RequestShape of(byte[] request) {
    var measure = new Measure();
    try (JsonParser parser = Json.parser(request)) {
      measure.read(parser);
    } catch (JacksonException e) {
      measure.ascii = Math.max(measure.ascii, request.length);
    }
    return measure.shape();
  }

  private static final class Measure {
    private static final Set<String> PROMPT = Set.of("messages", "system", "tools");

    private final Deque<Source> objects = new ArrayDeque<>();
    private String model = "";
    private long maxTokens;
    private long ascii;
    private long wide;
    private int images;
    private long documentBytes;
    private boolean tools;

    /** An object that may turn out to be the source of an image or a document. */
    private static final class Source {
      private long data;
      private boolean encoded;
      private boolean image;
      private boolean imageData;
    }

    private RequestShape shape() {
      return new RequestShape(model, maxTokens, ascii, wide, images, documentBytes, tools);
    }

    private void read(JsonParser parser) {
      parser.nextToken();
      while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
        String name = parser.currentName();
        JsonToken value = parser.nextToken();
        if (PROMPT.contains(name)) {
          tools |= "tools".equals(name) && value == JsonToken.START_ARRAY;
          prompt(parser, value);
        } else if ("model".equals(name) && value == JsonToken.VALUE_STRING) {
          model = parser.getString();
        } else if ("max_tokens".equals(name) && value == JsonToken.VALUE_NUMBER_INT) {
          maxTokens = Math.max(0, parser.getValueAsLong());
        }
        parser.skipChildren();
      }
    }

    private void prompt(JsonParser parser, JsonToken first) {
      int depth = 0;
      JsonToken token = first;
      String name = "";
      while (token != null) {
        switch (token) {
          case START_OBJECT -> {
            depth++;
            objects.push(new Source());
          }
          case END_OBJECT -> {
            depth--;
            close(objects.pop());
          }
          case START_ARRAY -> depth++;
          case END_ARRAY -> depth--;
          case PROPERTY_NAME -> {
            name = parser.currentName();
            ascii += name.length();
          }
          case VALUE_STRING -> string(parser, name);
          default -> ascii += parser.getStringLength();
        }
        if (depth == 0) {
          return;
        }
        token = parser.nextToken();
      }
    }

    private void string(JsonParser parser, String name) {
      Source source = objects.peek();
      int length = parser.getStringLength();
      if (source != null && "data".equals(name)) {
        source.data = length;
        return;
      }
      if (source != null && length < 64) {
        switch (name) {
          case "type" -> {
            String type = parser.getString();
            source.encoded |= "base64".equals(type);
            source.image |= "image".equals(type);
          }
          case "media_type" -> source.imageData |= parser.getString().startsWith("image/");
          default -> {}
        }
      }
      char[] text = parser.getStringCharacters();
      int from = parser.getStringOffset();
      for (int i = from; i < from + length; i++) {
        if (text[i] < 0x80) {
          ascii++;
        } else {
          wide++;
        }
      }
    }

    private void close(Source source) {
      if (source.image) {
        images++;
      } else if (source.encoded && !source.imageData) {
        documentBytes += source.data * 3 / 4;
      } else if (!source.encoded) {
        ascii += source.data;
      }
    }
  }
}
