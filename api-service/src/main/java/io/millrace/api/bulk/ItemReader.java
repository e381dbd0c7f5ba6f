package io.millrace.api.bulk;

import static io.millrace.api.fields.Values.refused;

import io.millrace.api.problem.Refused;
import io.millrace.api.submit.NewJobs;
import io.millrace.api.submit.Slices;
import io.millrace.api.submit.Submission;
import io.millrace.api.submit.SubmissionFields;
import io.millrace.api.submit.UnknownField;
import io.millrace.job.Keeping;
import io.millrace.webhook.address.Targets;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/** Reads one item as a job's submission is read, and says of a fault in which field it is. */
final class ItemReader {

  /** What of a submission an item may say for itself. */
  private static final Set<String> OWN =
      Set.of(
          "user_id",
          "feature",
          "metadata",
          "fallback_models",
          "max_attempts",
          "on_ambiguous",
          "retention");

  private static final int MAX_CUSTOM_ID = 64;
  private static final Targets NO_WEBHOOKS = new Targets(List.of(), false);

  private final NewJobs newJobs;
  private final Instant now;
  private final List<String> betas;

  /**
   * Reads items of a request of that moment.
   *
   * @param betas of all items
   */
  ItemReader(NewJobs newJobs, Instant now, List<String> betas) {
    this.newJobs = newJobs;
    this.now = now;
    this.betas = betas;
  }

  /** The item on whose start {@code json} stands, which runs over {@code body}. */
  Item read(JsonParser json, Slices body) {
    if (json.currentToken() != JsonToken.START_OBJECT) {
      throw Faults.ofWhole("Input should be an object");
    }
    var fields = new SubmissionFields(body, json, NO_WEBHOOKS, now);
    String customId = null;
    boolean params = false;
    boolean own = false;
    for (String name = json.nextName(); name != null; name = json.nextName()) {
      json.nextToken();
      switch (name) {
        case "custom_id" -> {
          once(name, customId != null);
          customId = customId(json);
        }
        case "params" -> {
          once(name, params);
          params = true;
          fields.read(name);
        }
        case "millrace" -> {
          once(name, own);
          own = true;
          readOwn(json, fields);
        }
        default ->
            throw refused(
                UnknownField.shown(name),
                "Extra inputs are not permitted; Millrace's own fields go into 'millrace'");
      }
    }
    if (customId == null) {
      throw refused("custom_id", "Field required");
    }
    return item(customId, fields.finished());
  }

  private Item item(String customId, Submission submission) {
    var params = submission.params();
    var measure = newJobs.measure(submission, betas);
    return new Item(
        customId,
        params.json(),
        params.model(),
        params.maxTokens(),
        params.live(),
        measure.input(),
        measure.timeout(),
        submission.userId(),
        submission.feature(),
        submission.metadata(),
        submission.fallbackModels(),
        submission.maxAttempts(),
        submission.retryAmbiguous(),
        submission.keeping() == Keeping.NONE);
  }

  private static void readOwn(JsonParser json, SubmissionFields fields) {
    if (json.currentToken() == JsonToken.VALUE_NULL) {
      return;
    }
    if (json.currentToken() != JsonToken.START_OBJECT) {
      throw refused("millrace", "Input should be an object");
    }
    Set<String> seen = new HashSet<>();
    for (String name = json.nextName(); name != null; name = json.nextName()) {
      json.nextToken();
      if (!OWN.contains(name)) {
        throw refused("millrace." + UnknownField.shown(name), "Extra inputs are not permitted");
      }
      if (!seen.add(name)) {
        throw refused("millrace." + name, "Field appears more than once");
      }
      try {
        fields.read(name);
      } catch (Refused fault) {
        throw Faults.within("millrace", fault);
      }
    }
  }

  private static void once(String name, boolean seen) {
    if (seen) {
      throw refused(name, "Field appears more than once");
    }
  }

  private static String customId(JsonParser json) {
    if (json.currentToken() != JsonToken.VALUE_STRING) {
      throw refused("custom_id", "Input should be a valid string");
    }
    String value = json.getString();
    if (!isCustomId(value)) {
      throw refused("custom_id", "String should match pattern '^[a-zA-Z0-9_-]{1,64}$'");
    }
    return value;
  }

  private static boolean isCustomId(@Nullable String value) {
    if (value == null || value.isEmpty() || value.length() > MAX_CUSTOM_ID) {
      return false;
    }
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      boolean known =
          (c >= 'a' && c <= 'z')
              || (c >= 'A' && c <= 'Z')
              || (c >= '0' && c <= '9')
              || c == '_'
              || c == '-';
      if (!known) {
        return false;
      }
    }
    return true;
  }
}
