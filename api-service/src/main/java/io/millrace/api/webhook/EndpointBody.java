package io.millrace.api.webhook;

import static io.millrace.api.fields.Values.refused;

import io.millrace.api.access.Caller;
import io.millrace.api.fields.SmallBody;
import io.millrace.api.fields.Values;
import io.millrace.api.problem.Problem;
import io.millrace.api.problem.Refused;
import io.millrace.db.webhook.EndpointFields;
import io.millrace.delivery.EventType;
import io.millrace.webhook.address.Targets;
import io.millrace.webhook.sign.Signing;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import tools.jackson.core.JsonParser;

/** What a request says of an endpoint. */
final class EndpointBody {

  private static final String SIGNING = "signing";
  private static final Set<String> CHANGEABLE =
      Set.of("url", "description", "event_types", "features", "include_batch_items");
  private static final int MAX_DESCRIPTION = 256;
  private static final int MAX_TYPES = 32;
  private static final int MAX_FEATURES = 100;
  private static final int MAX_LABEL = 128;

  private final Targets targets;
  private final boolean operator;
  private final EndpointFields fields = new EndpointFields();
  private final Set<String> given = new HashSet<>();
  private Signing signing = Signing.HMAC;

  private EndpointBody(Targets targets, boolean operator) {
    this.targets = targets;
    this.operator = operator;
  }

  /** Of a new endpoint. */
  static EndpointBody ofNew(HttpServletRequest request, Targets targets) throws IOException {
    var body = new EndpointBody(targets, Caller.isOperator(request));
    Set<String> names = new HashSet<>(CHANGEABLE);
    names.add(SIGNING);
    SmallBody.read(request, names, body::field);
    for (String required : List.of("url", "event_types")) {
      if (!body.given.contains(required)) {
        throw refused(required, "Field required");
      }
    }
    return body;
  }

  /** Of what changes. */
  static EndpointBody ofChange(HttpServletRequest request, Targets targets) throws IOException {
    var body = new EndpointBody(targets, Caller.isOperator(request));
    Set<String> names = new HashSet<>(CHANGEABLE);
    names.add(SIGNING);
    SmallBody.read(request, names, body::field);
    if (body.given.contains(SIGNING)) {
      throw refused(SIGNING, "Not permitted here: it changes with the secret, by rotate");
    }
    return body;
  }

  EndpointFields fields() {
    return fields;
  }

  Signing signing() {
    return signing;
  }

  private void field(String name, JsonParser json) {
    var values = new Values(json);
    given.add(name);
    switch (name) {
      case "url" -> fields.url(values.url(name, targets));
      case "description" -> fields.description(values.optionalText(name, MAX_DESCRIPTION));
      case "event_types" -> fields.eventTypes(types(name, values));
      case "features" -> fields.features(values.isNull() ? null : features(name, values));
      case "include_batch_items" -> fields.includeBatchItems(values.bool(name));
      case SIGNING -> signing = signing(values);
      default -> throw new IllegalArgumentException(name);
    }
  }

  static Signing signing(Values values) {
    return Signing.parse(values.text(SIGNING, MAX_LABEL))
        .orElseThrow(() -> refused(SIGNING, "Input should be 'hmac' or 'ed25519'"));
  }

  private Set<String> types(String name, Values values) {
    List<String> words = values.texts(name, MAX_TYPES, MAX_LABEL);
    if (words.isEmpty()) {
      throw refused(name, "List should have at least 1 item");
    }
    for (int i = 0; i < words.size(); i++) {
      String field = name + "." + i;
      EventType type =
          EventType.parse(words.get(i))
              .orElseThrow(() -> refused(field, "Input should be one of " + known()));
      if (type.isOperators() && !operator) {
        throw new Refused(
            Problem.of(
                403,
                "%s: '%s' needs a key whose role is operator".formatted(field, type.wireName())));
      }
    }
    return new LinkedHashSet<>(words);
  }

  private static Set<String> features(String name, Values values) {
    List<String> features = values.texts(name, MAX_FEATURES, MAX_LABEL);
    if (features.isEmpty()) {
      throw refused(name, "List should have at least 1 item; null means all features");
    }
    return new LinkedHashSet<>(features);
  }

  private String known() {
    return Arrays.stream(EventType.values())
        .filter(type -> operator || !type.isOperators())
        .map(type -> "'" + type.wireName() + "'")
        .collect(Collectors.joining(", "));
  }
}
