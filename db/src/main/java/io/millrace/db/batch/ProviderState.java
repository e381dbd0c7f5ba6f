package io.millrace.db.batch;

import java.util.Locale;

/** How far a provider batch is. */
public enum ProviderState {
  /** Its items are claimed; nothing was sent, or a reply said that it was not taken. */
  GATHERED,
  /** A create may have left, and no reply has come. */
  SENDING,
  /** Whether the provider has it is not known: it is looked for in the provider's list. */
  LOST,
  /** The provider has it. */
  PROCESSING,
  /** The provider is done; results are being read. */
  ENDED,
  /** Its items went on without it. Should it turn up, what it cost is put into the books. */
  GIVEN_UP,
  /** No item is held any more, and nothing that it cost is to come. */
  SETTLED;

  /** The word for it in the store and in metrics. */
  public String wireName() {
    return name().toLowerCase(Locale.ROOT);
  }

  static ProviderState parse(String wireName) {
    return valueOf(wireName.toUpperCase(Locale.ROOT));
  }
}
