package io.millrace.money;

import java.math.BigDecimal;
import java.util.List;

/**
 * What a call costs in US dollars, exactly.
 *
 * @param items one per kind of usage that occurred; their amounts add up to {@code amount}
 * @param priceVersion names the price row that was applied, so that a cost can be explained later
 */
public record Cost(BigDecimal amount, List<LineItem> items, String priceVersion) {

  public Cost {
    items = List.copyOf(items);
  }

  /**
   * One kind's share of a cost.
   *
   * @param quantity tokens, or searches
   * @param unitPrice dollars for one million of them, every modifier included
   */
  public record LineItem(UsageKind kind, long quantity, BigDecimal unitPrice) {

    public BigDecimal amount() {
      return unitPrice.multiply(BigDecimal.valueOf(quantity)).movePointLeft(6);
    }
  }

  /** A cost from its items. */
  public static Cost of(List<LineItem> items, String priceVersion) {
    BigDecimal amount =
        items.stream().map(LineItem::amount).reduce(BigDecimal.ZERO, BigDecimal::add);
    return new Cost(amount, items, priceVersion);
  }
}
