package io.millrace.cli.bulk;

import java.math.BigDecimal;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How far items are, and what they used.
 *
 * @param cost in dollars, null where a price is unknown
 * @param suspected what calls without an answer may have cost besides
 */
record Tally(
    long succeeded,
    long errored,
    long canceled,
    long expired,
    long inputTokens,
    long outputTokens,
    @Nullable BigDecimal cost,
    BigDecimal suspected) {

  static final Tally NONE = new Tally(0, 0, 0, 0, 0, 0, BigDecimal.ZERO, BigDecimal.ZERO);

  /**
   * As the server and the notes of a run write it.
   *
   * @param counts numbers of items by what became of them
   * @param usage numbers of tokens by kind; those read from and written to a cache are input, too
   * @param cost with {@code amount} and {@code suspected}
   */
  static Tally of(Map<?, ?> counts, Map<?, ?> usage, Map<?, ?> cost) {
    BigDecimal suspected = amount(cost.get("suspected"));
    return new Tally(
        number(counts.get("succeeded")),
        number(counts.get("errored")),
        number(counts.get("canceled")),
        number(counts.get("expired")),
        number(usage.get("input_tokens"))
            + number(usage.get("cache_read_input_tokens"))
            + number(usage.get("cache_creation_input_tokens")),
        number(usage.get("output_tokens")),
        amount(cost.get("amount")),
        suspected == null ? BigDecimal.ZERO : suspected);
  }

  private static long number(@Nullable Object value) {
    return value instanceof BigDecimal number ? number.longValue() : 0;
  }

  private static @Nullable BigDecimal amount(@Nullable Object value) {
    try {
      return value instanceof String text ? new BigDecimal(text) : null;
    } catch (NumberFormatException word) {
      return null;
    }
  }

  Tally plus(Tally other) {
    return new Tally(
        succeeded + other.succeeded,
        errored + other.errored,
        canceled + other.canceled,
        expired + other.expired,
        inputTokens + other.inputTokens,
        outputTokens + other.outputTokens,
        cost == null || other.cost == null ? null : cost.add(other.cost),
        suspected.add(other.suspected));
  }

  long ended() {
    return succeeded + failed();
  }

  long failed() {
    return errored + canceled + expired;
  }

  /** What may have been spent. */
  @Nullable BigDecimal spent() {
    return cost == null ? null : cost.add(suspected);
  }
}
