package io.millrace.cli.recompute;

import io.millrace.db.usage.Corrections.BookedCall;
import io.millrace.money.Dollars;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What a recomputation found. */
final class Tally {

  private static final int MOST_CHANGES = 1_000;
  private static final String NOTHING = "no price";

  private final Map<String, Change> changes = new TreeMap<>();
  private final Map<String, Integer> unknown = new TreeMap<>();
  private long read;
  private long right;
  private long wrong;
  private long kept;
  private long added;
  private BigDecimal difference = BigDecimal.ZERO;

  /** Calls that went from one price to another, and by how much that changes the books. */
  private record Change(long calls, BigDecimal difference) {

    Change plus(Change other) {
      return new Change(calls + other.calls, difference.add(other.difference));
    }
  }

  void read(int calls) {
    read += calls;
  }

  void right() {
    right++;
  }

  void added(int rows) {
    added += rows;
  }

  void wrong(BookedCall call, BigDecimal by, String version) {
    wrong++;
    difference = difference.add(by);
    String before = call.priceVersion() == null ? NOTHING : call.priceVersion();
    String name = call.model() + ": " + before + " -> " + version;
    if (changes.size() < MOST_CHANGES || changes.containsKey(name)) {
      changes.merge(name, new Change(1, by), Change::plus);
    }
  }

  /** A call that has no price now; if it had one, that stays. */
  void unpriced(BookedCall call) {
    if (call.amount() != null) {
      kept++;
    } else if (unknown.size() < MOST_CHANGES || unknown.containsKey(call.model())) {
      unknown.merge(call.model(), 1, Integer::sum);
    }
  }

  String progress() {
    return "%,d calls read, %,d to correct, %s USD".formatted(read, wrong, signed(difference));
  }

  List<String> lines(boolean dryRun) {
    List<String> lines = new ArrayList<>();
    changes.forEach((name, change) ->
        lines.add(
            "%s: %,d calls, %s USD".formatted(name, change.calls(), signed(change.difference()))));
    unknown.forEach(
        (model, calls) -> lines.add("%s: %,d calls still have no price".formatted(model, calls)));
    if (kept > 0) {
      lines.add("%,d calls have no price now; what was recorded for them stays".formatted(kept));
    }
    lines.add("%,d calls were right".formatted(right));
    lines.add(
        dryRun
            ? "%,d calls would be corrected by %s USD".formatted(wrong, signed(difference))
            : "%,d corrections added, %s USD".formatted(added, signed(difference)));
    if (!dryRun && added < wrong) {
      lines.add(
          "%,d of the calls were corrected by somebody else meanwhile: run it again to be sure"
              .formatted(wrong - added));
    }
    return lines;
  }

  private static String signed(BigDecimal amount) {
    return (amount.signum() < 0 ? "" : "+") + Dollars.format(amount);
  }
}
