package io.millrace.money;

/** How a request reached Claude, which decides its price list. */
public enum CallMode {
  SINGLE,
  BATCH
}
