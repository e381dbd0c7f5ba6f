package io.millrace.money;

import java.math.BigDecimal;

/** How amounts of money are written. */
public final class Dollars {
  private static final int LEAST_PLACES = 6;

  private Dollars() {}

  /** A plain decimal: never rounded, never in exponents, with at least six places. */
  public static String format(BigDecimal amount) {
    BigDecimal exact = amount.stripTrailingZeros();
    return exact.setScale(Math.max(LEAST_PLACES, exact.scale())).toPlainString();
  }
}
