package io.millrace.webhook.sign;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.Instant;
import java.util.List;
import java.util.stream.Collectors;

/**
 * One attempt to be sent: exactly these bytes with these headers.
 *
 * @param id {@code webhook-id}, the same for all attempts
 * @param timestamp {@code webhook-timestamp}, this attempt's, in seconds
 * @param signature {@code webhook-signature}, one for each key
 * @param body what was signed; a byte that is not UTF-8, which receivers could not read as the same
 *     text, has been replaced
 */
public record SignedMessage(String id, String timestamp, String signature, byte[] body) {

  /** The names of the headers. */
  public static final String ID = "webhook-id";

  public static final String TIMESTAMP = "webhook-timestamp";
  public static final String SIGNATURE = "webhook-signature";

  /** Signs with each of {@code keys}, the current one first. */
  public static SignedMessage of(List<SigningKey> keys, String id, Instant at, byte[] body) {
    if (keys.isEmpty() || id.indexOf('.') >= 0) {
      throw new IllegalArgumentException("cannot be signed: " + id);
    }
    String text = new String(body, UTF_8);
    long seconds = at.getEpochSecond();
    String signatures =
        keys.stream().map(key -> key.sign(id, seconds, text)).collect(Collectors.joining(" "));
    return new SignedMessage(id, Long.toString(seconds), signatures, text.getBytes(UTF_8));
  }
}
