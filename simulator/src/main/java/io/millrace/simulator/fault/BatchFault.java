package io.millrace.simulator.fault;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/**
 * What can go wrong with a batch, or with one of its items, after it has been accepted. What goes
 * wrong with the calls themselves is a {@link Fault} with {@link FaultRule#on}.
 */
public enum BatchFault {
  BATCH_SLOW("a batch takes ten times as long"),
  BATCH_STUCK("a batch makes no progress; its items expire after 24 hours"),
  ITEM_OVERLOADED("an item ends with overloaded_error, which may be sent again"),
  ITEM_API_ERROR("an item ends with api_error, which may be sent again"),
  ITEM_INVALID("an item ends with invalid_request_error, which is permanent"),
  ITEM_EXPIRED("an item counts as expired when its batch ends"),
  ITEM_STUCK("an item is never processed, so that its batch ends after 24 hours only");

  private final String says;

  BatchFault(String says) {
    this.says = says;
  }

  public static Optional<BatchFault> named(String name) {
    return Arrays.stream(values()).filter(fault -> fault.wireName().equals(name)).findFirst();
  }

  public String wireName() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** One line for people. */
  public String says() {
    return says;
  }

  /** Whether it is drawn for each item, not for a batch. */
  public boolean ofItem() {
    return switch (this) {
      case BATCH_SLOW, BATCH_STUCK -> false;
      case ITEM_OVERLOADED, ITEM_API_ERROR, ITEM_INVALID, ITEM_EXPIRED, ITEM_STUCK -> true;
    };
  }
}
