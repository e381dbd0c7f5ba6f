package io.millrace.simulator.batch;

import java.util.Locale;

/** What became of an item of a batch. */
public enum ItemOutcome {
  PROCESSING,
  SUCCEEDED,
  ERRORED,
  CANCELED,
  EXPIRED;

  public String wireName() {
    return name().toLowerCase(Locale.ROOT);
  }
}
