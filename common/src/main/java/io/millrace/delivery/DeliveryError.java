package io.millrace.delivery;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** Why an attempt, or a delivery, came to nothing. */
public enum DeliveryError {
  /** The receiver answered with a status other than 2xx, 3xx and 410. */
  HTTP_STATUS("The receiver answered with a status that is not 2xx."),
  /** The receiver answered 3xx; redirects are not followed. */
  REDIRECTED("The receiver answered with a redirect, which is not followed."),
  /** The receiver answered 410: it wants no more. */
  GONE("The receiver answered 410 Gone: it wants no more of these."),
  /** No complete answer came in time. */
  TIMEOUT("No answer came in time."),
  /** The name of the host leads to no address. */
  UNKNOWN_HOST("The name of the host could not be resolved."),
  /** No connection, or one that broke. */
  UNREACHABLE("The receiver could not be reached, or the connection broke."),
  /** No TLS connection: a certificate that is not valid, as a rule. */
  TLS("No secure connection could be made; is the certificate valid?"),
  /** What came was not HTTP. */
  BAD_RESPONSE("The receiver's answer was not HTTP."),
  /** Webhooks are not sent to where the URL leads. */
  FORBIDDEN_TARGET("Webhooks are not sent to the address that the URL leads to."),
  /** The job was deleted before its delivery was rendered. */
  JOB_DELETED("The job was deleted before it was told of."),
  /** The endpoint was deleted. */
  ENDPOINT_DELETED("The endpoint was deleted."),
  /** A fault of Millrace's own, which is in its log. */
  INTERNAL("An internal error; it was not the receiver's fault.");

  private final String description;

  DeliveryError(String description) {
    this.description = description;
  }

  /** A sentence for whoever looks at the delivery. */
  public String description() {
    return description;
  }

  /** The word for it in the store and in JSON. */
  public String wireName() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The one of that name. */
  public static Optional<DeliveryError> parse(String wireName) {
    return Arrays.stream(values()).filter(error -> error.wireName().equals(wireName)).findFirst();
  }
}
