package io.millrace.cli.access;

import java.io.PrintStream;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Rows for a person to read, in columns as wide as they need be. */
final class Table {

  private static final String NONE = "-";

  private final List<String[]> rows = new ArrayList<>();

  Table(String... headings) {
    rows.add(headings);
  }

  void add(@Nullable String... cells) {
    rows.add(Arrays.stream(cells).map(cell -> cell == null ? NONE : cell).toArray(String[]::new));
  }

  void print(PrintStream out) {
    int[] widths = new int[rows.getFirst().length];
    for (String[] row : rows) {
      for (int i = 0; i < widths.length; i++) {
        widths[i] = Math.max(widths[i], row[i].length());
      }
    }
    for (String[] row : rows) {
      var line = new StringBuilder();
      for (int i = 0; i < widths.length; i++) {
        line.append(row[i]).repeat(' ', widths[i] - row[i].length() + 2);
      }
      out.println(line.toString().stripTrailing());
    }
  }

  static @Nullable String time(@Nullable Instant time) {
    return time == null ? null : time.truncatedTo(ChronoUnit.SECONDS).toString();
  }
}
