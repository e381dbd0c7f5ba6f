package io.millrace.webhook.address;

/**
 * A webhook must not be sent there. The message is a sentence for whoever named the target; it does
 * not say to which address a name leads, which may be none of their business.
 */
public final class TargetRefused extends RuntimeException {

  private static final long serialVersionUID = 1L;

  TargetRefused(String message) {
    super(message, null, false, false);
  }
}
