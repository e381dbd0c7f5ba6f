package io.millrace.delivery;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** Whether an endpoint is sent to. */
public enum EndpointState {
  /** It is. */
  ACTIVE,
  /** Its owner holds it back: what it is to be told of waits. */
  PAUSED,
  /** Millrace gave it up: what it is to be told of is noted as missed, to be replayed. */
  DISABLED;

  /** The word for it in the store and in JSON. */
  public String wireName() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The one of that name. */
  public static Optional<EndpointState> parse(String wireName) {
    return Arrays.stream(values()).filter(state -> state.wireName().equals(wireName)).findFirst();
  }
}
