package io.millrace.cli.client;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Rows in columns that are as wide as what is in them. */
public final class Table {

  private static final int WIDEST = 40;

  private final List<String> titles;
  private final List<String[]> rows = new ArrayList<>();

  public Table(String... titles) {
    this.titles = List.of(titles);
  }

  public void row(@Nullable Object... values) {
    rows.add(Arrays.stream(values).map(Table::shown).toArray(String[]::new));
  }

  public boolean isEmpty() {
    return rows.isEmpty();
  }

  /** The lines, without blanks at their ends; the titles first if they are wanted. */
  public List<String> lines(boolean titled) {
    int[] widths = new int[titles.size()];
    for (int column = 0; column < widths.length; column++) {
      widths[column] = titles.get(column).length();
      for (String[] row : rows) {
        widths[column] = Math.max(widths[column], row[column].length());
      }
    }
    List<String> lines = new ArrayList<>();
    if (titled) {
      lines.add(line(titles.toArray(String[]::new), widths));
    }
    rows.forEach(row -> lines.add(line(row, widths)));
    return lines;
  }

  /** What stands at that path of an object. */
  public static @Nullable Object at(Map<?, ?> fields, String... path) {
    Object value = fields;
    for (String name : path) {
      value = value instanceof Map<?, ?> map ? map.get(name) : null;
    }
    return value;
  }

  /** To the second, without what every time has. */
  public static @Nullable Object time(@Nullable Object time) {
    return time instanceof String text && text.length() > 19
        ? text.substring(0, 19).replace('T', ' ')
        : time;
  }

  private static String line(String[] cells, int[] widths) {
    var line = new StringBuilder();
    for (int column = 0; column < cells.length; column++) {
      line.append(cells[column]);
      line.repeat(' ', widths[column] - cells[column].length() + 2);
    }
    return line.toString().stripTrailing();
  }

  private static String shown(@Nullable Object value) {
    if (value == null) {
      return "-";
    }
    String text =
        (value instanceof BigDecimal number ? number.toPlainString() : value.toString())
            .replaceAll("\\p{Cntrl}", " ");
    return text.length() > WIDEST ? text.substring(0, WIDEST - 1) + "…" : text;
  }
}
