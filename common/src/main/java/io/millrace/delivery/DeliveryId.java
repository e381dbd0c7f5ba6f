package io.millrace.delivery;

import io.millrace.id.WireId;
import java.util.Optional;
import java.util.UUID;

/**
 * The identity of a delivery, written {@code msg_} and 26 characters: the {@code webhook-id} of all
 * its attempts. A time-ordered UUID that the database makes.
 */
public record DeliveryId(UUID uuid) implements Comparable<DeliveryId> {

  private static final String PREFIX = "msg_";

  /** The id that {@code text} names, or empty where it is not one as this class writes it. */
  public static Optional<DeliveryId> parse(String text) {
    return WireId.parse(PREFIX, text).map(DeliveryId::new);
  }

  @Override
  public String toString() {
    return WireId.write(PREFIX, uuid);
  }

  /** Orders as PostgreSQL orders uuids: unsigned, byte by byte. */
  @Override
  public int compareTo(DeliveryId other) {
    return WireId.compare(uuid, other.uuid);
  }
}
