package io.millrace.db.seal;

import java.util.Locale;

/**
 * A sealed value could not be opened. With the key back in place it can be: nothing is lost, unless
 * the value was changed in the database.
 */
public final class UnreadableValue extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final Reason reason;
  private final String keyId;

  /** What is the matter. */
  public enum Reason {
    /** The key is not among the configured ones. */
    KEY_MISSING,
    /**
     * The key does not open it: the value was changed or moved to another row, or it was sealed
     * with another key of the same id.
     */
    DAMAGED;

    public String wireName() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  UnreadableValue(Reason reason, String keyId, Place place) {
    super(
        switch (reason) {
          case KEY_MISSING ->
              "%s was encrypted with the key '%s', which millrace.encryption.keys does not have"
                  .formatted(place.column(), keyId);
          case DAMAGED ->
              "%s was encrypted with the key '%s', which does not open it: it was changed, or that key was another"
                  .formatted(place.column(), keyId);
        });
    this.reason = reason;
    this.keyId = keyId;
  }

  public Reason reason() {
    return reason;
  }

  public String keyId() {
    return keyId;
  }
}
