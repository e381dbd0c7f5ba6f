package io.millrace.wire;

import java.io.InputStream;
import tools.jackson.core.JsonParser;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.TokenStreamFactory;
import tools.jackson.core.json.JsonFactory;

/**
 * The one JSON factory. Only nesting is bounded here: size is bounded where the body is read, and a
 * number or string of any length inside {@code params} is Claude's to judge.
 */
public final class Json {

  /** Levels below the document's outermost object. */
  public static final int MAX_NESTING = 500;

  static final JsonFactory FACTORY = factory(0);

  /** A parser over all of {@code utf8}, whose locations are offsets into it. */
  public static JsonParser parser(byte[] utf8) {
    return FACTORY.createParser(ObjectReadContext.empty(), utf8, 0, utf8.length);
  }

  /**
   * A parser over a stream of UTF-8, which holds such objects {@code levels} levels below where one
   * by itself would stand; its locations are offsets into the stream.
   */
  public static JsonParser parser(InputStream utf8, int levels) {
    return factory(levels).createParser(ObjectReadContext.empty(), utf8);
  }

  private static JsonFactory factory(int levels) {
    return JsonFactory.builder()
        .streamReadConstraints(
            StreamReadConstraints.builder()
                .maxNestingDepth(MAX_NESTING + 1 + levels)
                .maxNumberLength(Integer.MAX_VALUE)
                .maxStringLength(Integer.MAX_VALUE)
                .maxNameLength(Integer.MAX_VALUE)
                .build())
        // Names in a request are the caller's: a table of them would only be churned.
        .disable(TokenStreamFactory.Feature.INTERN_PROPERTY_NAMES)
        .build();
  }

  private Json() {}
}
