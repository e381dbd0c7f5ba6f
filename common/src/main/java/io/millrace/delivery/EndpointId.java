package io.millrace.delivery;

import io.millrace.id.WireId;
import java.util.Optional;
import java.util.UUID;

/** The identity of an endpoint, written {@code ep_} and 26 characters; the database makes it. */
public record EndpointId(UUID uuid) {

  private static final String PREFIX = "ep_";

  /** The id that {@code text} names, or empty where it is not one as this class writes it. */
  public static Optional<EndpointId> parse(String text) {
    return WireId.parse(PREFIX, text).map(EndpointId::new);
  }

  @Override
  public String toString() {
    return WireId.write(PREFIX, uuid);
  }
}
