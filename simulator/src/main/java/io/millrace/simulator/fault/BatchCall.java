package io.millrace.simulator.fault;

import java.util.Arrays;
import java.util.Locale;

/** The calls of the Message Batches endpoints. */
public enum BatchCall {
  CREATE("POST /v1/messages/batches"),
  LIST("GET /v1/messages/batches"),
  RETRIEVE("GET /v1/messages/batches/{id}"),
  DELETE("DELETE /v1/messages/batches/{id}"),
  CANCEL("POST /v1/messages/batches/{id}/cancel"),
  RESULTS("GET /v1/messages/batches/{id}/results");

  private final String endpoint;

  BatchCall(String endpoint) {
    this.endpoint = endpoint;
  }

  /** Method and path, as counters and journal name it. */
  public String endpoint() {
    return endpoint;
  }

  public String wireName() {
    return name().toLowerCase(Locale.ROOT);
  }

  public static BatchCall named(String name) {
    return Arrays.stream(values())
        .filter(call -> call.wireName().equals(name))
        .findFirst()
        .orElseThrow(() ->
            new IllegalArgumentException(
                "unknown batch call '"
                    + name
                    + "'; known are: "
                    + Arrays.stream(values()).map(BatchCall::wireName).toList()));
  }
}
