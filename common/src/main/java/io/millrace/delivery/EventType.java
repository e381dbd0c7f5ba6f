package io.millrace.delivery;

import java.util.Arrays;
import java.util.Optional;

/** What may be told of. */
public enum EventType {
  JOB_SUCCEEDED("job.succeeded", false),
  JOB_FAILED("job.failed", false),
  JOB_CANCELED("job.canceled", false),
  JOB_EXPIRED("job.expired", false),
  BATCH_ENDED("batch.ended", false),
  POOL_PAUSED("pool.paused", true),
  POOL_RESUMED("pool.resumed", true),
  ENDPOINT_DISABLED("endpoint.disabled", true);

  /** What only somebody who asks for a test is told of; no endpoint lists it. */
  public static final String TEST = "webhook.test";

  private final String wireName;
  private final boolean operators;

  EventType(String wireName, boolean operators) {
    this.wireName = wireName;
    this.operators = operators;
  }

  /** The word for it in the store and in JSON. */
  public String wireName() {
    return wireName;
  }

  /** Whether it is about the platform, and only an operator is told of it. */
  public boolean isOperators() {
    return operators;
  }

  /** The one of that name. */
  public static Optional<EventType> parse(String wireName) {
    return Arrays.stream(values()).filter(type -> type.wireName.equals(wireName)).findFirst();
  }
}
