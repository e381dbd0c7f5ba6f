package io.millrace.delivery;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** How far a delivery is. All but {@code PENDING} are ends, from which a replay leads back. */
public enum DeliveryState {
  /** It waits for its first attempt or its next one, or for its endpoint to be resumed. */
  PENDING,
  /** The receiver answered 2xx. */
  DELIVERED,
  /** The last attempt of its schedule came to nothing. */
  FAILED,
  /** Its endpoint or its job was deleted before it was delivered. */
  DROPPED,
  /** It happened while its endpoint was disabled, and was never tried. */
  MISSED;

  /** The word for it in the store and in JSON. */
  public String wireName() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The one of that name. */
  public static Optional<DeliveryState> parse(String wireName) {
    return Arrays.stream(values()).filter(state -> state.wireName().equals(wireName)).findFirst();
  }
}
