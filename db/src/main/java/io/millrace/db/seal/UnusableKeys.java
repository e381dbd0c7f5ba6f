package io.millrace.db.seal;

/** The configured keys cannot be used; the message names the property, and never a key. */
public final class UnusableKeys extends IllegalArgumentException {

  private static final long serialVersionUID = 1L;

  public UnusableKeys(String message) {
    super(message);
  }
}
