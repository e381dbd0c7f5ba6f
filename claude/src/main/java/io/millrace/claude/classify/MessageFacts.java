package io.millrace.claude.classify;

import io.millrace.money.Usage;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What Millrace reads from a Message.
 *
 * @param model the model that answered, as the message names it
 * @param stopReason null only if the message has none
 * @param rawUsage the {@code usage} object in the provider's own words
 */
public record MessageFacts(
    @Nullable String id,
    @Nullable String model,
    @Nullable String stopReason,
    Usage usage,
    String rawUsage) {

  /**
   * Reads a Message.
   *
   * @return empty unless the bytes are one complete Message with content and usage
   */
  public static Optional<MessageFacts> read(byte[] message) {
    return MessageReader.read(message);
  }
}
