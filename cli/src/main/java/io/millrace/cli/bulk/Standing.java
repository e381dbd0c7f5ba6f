package io.millrace.cli.bulk;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * How far a run is, for people and for programs.
 *
 * @param items of the whole run
 * @param submitted of these, handed in
 * @param left until the end, if one can tell
 */
record Standing(
    long items,
    long submitted,
    List<String> batches,
    Tally tally,
    double perSecond,
    @Nullable Duration left) {

  private static final int BAR = 12;

  /** In one line that grows from left to right. */
  String bar() {
    int filled = items == 0 ? 0 : (int) (BAR * tally.ended() / items);
    return format(
        "%3d%% [%s%s] %s",
        items == 0 ? 0 : 100 * tally.ended() / items,
        "#".repeat(filled),
        "-".repeat(BAR - filled),
        text());
  }

  /** In words. */
  String text() {
    List<String> parts = new ArrayList<>();
    parts.add(format("%,d of %,d done", tally.ended(), items));
    if (submitted < items) {
      parts.add(format("%,d submitted", submitted));
    }
    parts.add(format("%,d failed", tally.failed()));
    parts.add(format(perSecond >= 10 || perSecond == 0 ? "%,.0f/s" : "%.1f/s", perSecond));
    parts.add(tokens(tally.inputTokens()) + " in " + tokens(tally.outputTokens()) + " out");
    parts.add(cost(tally));
    if (left != null) {
      parts.add(Spans.shown(left) + " left");
    }
    return String.join(", ", parts);
  }

  static String cost(Tally tally) {
    BigDecimal cost = tally.cost();
    if (cost == null) {
      return "cost unknown";
    }
    return tally.suspected().signum() > 0
        ? dollars(cost) + " (+ " + dollars(tally.suspected()) + " suspected)"
        : dollars(cost);
  }

  /** In cents, and what is less than a dollar to a hundredth of one. */
  static String dollars(BigDecimal amount) {
    int places = amount.compareTo(BigDecimal.ONE) < 0 ? 4 : 2;
    return "$" + format("%,." + places + "f", amount.setScale(places, RoundingMode.HALF_UP));
  }

  /** As few digits as say something. */
  static String tokens(long count) {
    if (count < 10_000) {
      return format("%,d", count);
    }
    return count < 1_000_000
        ? format("%.1fk", count / 1e3)
        : format(
            count < 1_000_000_000 ? "%.1fM" : "%.2fG",
            count < 1_000_000_000 ? count / 1e6 : count / 1e9);
  }

  @SuppressWarnings("AnnotateFormatMethod") // its annotation is in a library of its own
  static String format(String format, Object... arguments) {
    return String.format(Locale.ROOT, format, arguments);
  }
}
