package io.millrace.money;

import java.util.Locale;

/** The kinds of usage that are billed at a price of their own. */
public enum UsageKind {
  INPUT,
  OUTPUT,
  CACHE_WRITE_5M,
  CACHE_WRITE_1H,
  CACHE_READ,
  WEB_SEARCH;

  /** The name in JSON, SQL and metrics. */
  public String wireName() {
    return name().toLowerCase(Locale.ROOT);
  }
}
