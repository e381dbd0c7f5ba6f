package io.millrace.webhook.address;

/**
 * A webhook must not be sent there. The message is a sentence for whoever named the target; it does
 * not say to which address a name leads, which may be none of their business.
 */
public final class TargetRefused extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final String reason;

  TargetRefused(String reason) {
    super(reason, null, false, false);
    this.reason = reason;
  }

  /** The message. */
  public String reason() {
    return reason;
  }
}
