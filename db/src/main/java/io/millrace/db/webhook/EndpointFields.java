package io.millrace.db.webhook;

import static io.millrace.db.schema.Tables.WEBHOOK_ENDPOINT;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jooq.Field;
import org.jspecify.annotations.Nullable;

/** What is said of an endpoint: all of a new one, or what changes of one that there is. */
public final class EndpointFields {

  private final Map<Field<?>, @Nullable Object> values = new LinkedHashMap<>();

  public EndpointFields url(String url) {
    values.put(WEBHOOK_ENDPOINT.URL, url);
    return this;
  }

  public EndpointFields description(@Nullable String description) {
    values.put(WEBHOOK_ENDPOINT.DESCRIPTION, description);
    return this;
  }

  public EndpointFields eventTypes(Collection<String> types) {
    values.put(WEBHOOK_ENDPOINT.EVENT_TYPES, types.toArray(String[]::new));
    return this;
  }

  /** Of whose jobs; null for all. */
  public EndpointFields features(@Nullable Collection<String> features) {
    values.put(
        WEBHOOK_ENDPOINT.FEATURES, features == null ? null : features.toArray(String[]::new));
    return this;
  }

  public EndpointFields includeBatchItems(boolean include) {
    values.put(WEBHOOK_ENDPOINT.INCLUDE_BATCH_ITEMS, include);
    return this;
  }

  public boolean isEmpty() {
    return values.isEmpty();
  }

  Map<Field<?>, @Nullable Object> values() {
    return values;
  }
}
