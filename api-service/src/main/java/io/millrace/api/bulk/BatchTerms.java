package io.millrace.api.bulk;

import static io.millrace.api.fields.Values.refused;

import io.millrace.api.fields.Values;
import io.millrace.api.submit.UnknownField;
import io.millrace.db.batch.Backend;
import io.millrace.job.Keeping;
import io.millrace.job.Lane;
import jakarta.servlet.http.HttpServletRequest;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/**
 * What holds for a whole batch, as far as its caller says: each by a query parameter, else by the
 * body's {@code millrace} object. Not for several threads.
 */
final class BatchTerms {

  private static final List<String> NAMES =
      List.of("backend", "expires_in", "lane", "feature", "user_id", "retention");
  private static final int MAX_LABEL = 128;
  private static final int LEAST_SECONDS = 60;
  private static final int MOST_SECONDS = (int) Duration.ofDays(14).toSeconds();
  private static final Duration DEFAULT = Duration.ofHours(24);

  private final Set<String> inQuery = new HashSet<>();
  private Backend backend = Backend.AUTO;
  private Duration expiresIn = DEFAULT;
  private Lane lane = Lane.BULK;
  private @Nullable String feature;
  private @Nullable String userId;
  private Keeping keeping = Keeping.STANDARD;

  /** Those of the query, which no body changes. */
  static BatchTerms ofQuery(HttpServletRequest request) {
    var terms = new BatchTerms();
    for (String name : NAMES) {
      String[] values = request.getParameterValues(name);
      if (values == null) {
        continue;
      }
      if (values.length > 1) {
        throw refused(name, "Input should be given once");
      }
      terms.inQuery.add(name);
      terms.take(name, name, Values.text(name, values[0], MAX_LABEL));
    }
    return terms;
  }

  /** Takes the body's object, on which the parser stands. */
  void readBody(JsonParser json) {
    if (json.currentToken() == JsonToken.VALUE_NULL) {
      return;
    }
    if (json.currentToken() != JsonToken.START_OBJECT) {
      throw refused("millrace", "Input should be an object");
    }
    var values = new Values(json);
    Set<String> seen = new HashSet<>();
    for (String name = json.nextName(); name != null; name = json.nextName()) {
      json.nextToken();
      String field = "millrace." + UnknownField.shown(name);
      if (!NAMES.contains(name)) {
        throw refused(field, "Extra inputs are not permitted");
      }
      if (!seen.add(name)) {
        throw refused(field, "Field appears more than once");
      }
      if (values.isNull()) {
        continue;
      }
      String value =
          name.equals("expires_in")
              ? Integer.toString(values.integer(field, LEAST_SECONDS, MOST_SECONDS))
              : values.text(field, MAX_LABEL);
      if (!inQuery.contains(name)) {
        take(name, field, value);
      }
    }
  }

  Backend backend() {
    return backend;
  }

  Duration expiresIn() {
    return expiresIn;
  }

  Lane lane() {
    return lane;
  }

  @Nullable String feature() {
    return feature;
  }

  @Nullable String userId() {
    return userId;
  }

  Keeping keeping() {
    return keeping;
  }

  private void take(String name, String field, String value) {
    switch (name) {
      case "backend" ->
          backend =
              Backend.parse(value)
                  .orElseThrow(() -> refused(field, "Input should be 'batch', 'queue' or 'auto'"));
      case "expires_in" -> expiresIn = seconds(field, value);
      case "lane" ->
          lane =
              Lane.parse(value)
                  .orElseThrow(
                      () -> refused(field, "Input should be 'interactive', 'standard' or 'bulk'"));
      case "feature" -> feature = value;
      case "user_id" -> userId = value;
      case "retention" ->
          keeping =
              Keeping.parse(value)
                  .orElseThrow(() -> refused(field, "Input should be 'standard' or 'none'"));
      default -> throw new IllegalArgumentException(name);
    }
  }

  private static Duration seconds(String field, String value) {
    if (value.matches("[0-9]{1,7}")) {
      int seconds = Integer.parseInt(value);
      if (seconds >= LEAST_SECONDS && seconds <= MOST_SECONDS) {
        return Duration.ofSeconds(seconds);
      }
    }
    throw refused(
        field, "Input should be a number of seconds from " + LEAST_SECONDS + " to " + MOST_SECONDS);
  }
}
