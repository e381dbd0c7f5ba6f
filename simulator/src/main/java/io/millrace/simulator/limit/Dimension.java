package io.millrace.simulator.limit;

import java.util.Locale;

/** What a limit counts. */
public enum Dimension {
  REQUESTS,
  INPUT_TOKENS,
  OUTPUT_TOKENS;

  /** As in prose: "input tokens". */
  public String words() {
    return name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }

  /** As in header names: "input-tokens". */
  String header() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
