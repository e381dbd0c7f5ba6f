package io.millrace.db.batch;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** How the items of a batch may reach Claude. */
public enum Backend {
  /** By a provider batch only, at half the price, within their deadline or not at all. */
  BATCH,
  /** By the live queue only. */
  QUEUE,
  /** By a provider batch while the deadline leaves room, then by the live queue. */
  AUTO;

  /** The word for it in the store and in JSON. */
  public String wireName() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The one of that name. */
  public static Optional<Backend> parse(String wireName) {
    return Arrays.stream(values()).filter(one -> one.wireName().equals(wireName)).findFirst();
  }
}
