package io.millrace.api.bulk;

import static io.millrace.api.fields.Values.refused;

import io.millrace.api.problem.Problem;
import io.millrace.api.problem.Refused;
import io.millrace.api.submit.SubmissionParser;
import io.millrace.wire.Json;
import tools.jackson.core.JacksonException;
import tools.jackson.core.exc.StreamConstraintsException;

/** Says where in a batch a fault is. */
final class Faults {

  private Faults() {}

  /** What is wrong with the whole of an item, wherever that lies. */
  static Refused ofWhole(String fault) {
    return refused("", fault);
  }

  /** The refusal of a field of {@code place}, or of the whole of it. */
  static Refused within(String place, Refused fault) {
    return in(fault.problem().message().startsWith(": ") ? place : place + ".", fault);
  }

  /** The same refusal with words in front. */
  static Refused in(String words, Refused fault) {
    var problem = fault.problem();
    return problem.status() >= 500
        ? fault
        : new Refused(
            new Problem(
                problem.status(),
                problem.type(),
                words + problem.message(),
                problem.headers(),
                problem.reason()));
  }

  /** The refusal of what a parser could not read. */
  static Refused malformed(String field, JacksonException fault) {
    if (fault instanceof StreamConstraintsException) {
      // Nesting is the only bound that the parser has.
      return refused(field, "Input should be nested at most " + Json.MAX_NESTING + " levels deep");
    }
    return refused(
        field,
        "Malformed JSON at line %d, column %d: %s"
            .formatted(
                fault.getLocation().getLineNr(),
                fault.getLocation().getColumnNr(),
                SubmissionParser.withoutSource(fault.getOriginalMessage())));
  }
}
