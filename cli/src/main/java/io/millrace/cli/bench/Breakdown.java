package io.millrace.cli.bench;

import java.util.List;

/** Where something went: numbers in rows, which have no target. */
record Breakdown(String title, List<String> columns, List<Row> rows) {

  /** One row; a number that was not measured is NaN. */
  record Row(String name, List<Double> numbers) {}
}
