package io.millrace.cli.bulk;

import io.millrace.cli.client.Table;
import java.math.BigDecimal;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Batches as people read them, a line each. */
final class BatchTable {

  private final Table table =
      new Table(
          "ID", "STATUS", "BACKEND", "CREATED", "ITEMS", "DONE", "FAILED", "PER S", "COST",
          "FEATURE");

  void add(Batch batch) {
    Tally tally = batch.tally();
    table.row(
        batch.id(),
        batch.status(),
        batch.at("millrace", "backend"),
        Table.time(batch.at("created_at")),
        batch.items(),
        tally.ended(),
        tally.failed(),
        speed(batch.at("millrace", "items_per_second")),
        tally.cost() == null ? null : Standing.dollars(tally.cost()),
        batch.at("millrace", "feature"));
  }

  private static @Nullable String speed(@Nullable Object speed) {
    return speed instanceof BigDecimal number
        ? Standing.format("%.1f", number.doubleValue())
        : null;
  }

  boolean isEmpty() {
    return table.isEmpty();
  }

  List<String> lines(boolean titled) {
    return table.lines(titled);
  }
}
