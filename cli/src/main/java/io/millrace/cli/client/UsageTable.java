package io.millrace.cli.client;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Sums of usage as people read them: a line for each group, and the total below. */
final class UsageTable {

  private static final List<String> NUMBERS =
      List.of("calls", "input", "cache read", "cache write", "output", "USD", "suspected USD");
  private static final String NONE = "-";
  private static final String UNKNOWN = "unknown";

  private final Map<?, ?> answer;
  private final List<String> groupBy;

  private UsageTable(Map<?, ?> answer, List<String> groupBy) {
    this.answer = answer;
    this.groupBy = groupBy;
  }

  /** The server's answer, or null where it is none. */
  static @Nullable UsageTable of(byte[] body) {
    if (Json.readOrNull(body) instanceof Map<?, ?> answer
        && answer.get("group_by") instanceof List<?> groupBy
        && answer.get("data") instanceof List<?>
        && answer.get("total") instanceof Map<?, ?>) {
      return new UsageTable(answer, groupBy.stream().map(Object::toString).toList());
    }
    return null;
  }

  /** Aligned: names to the left, numbers to the right. */
  List<String> lines() {
    List<List<String>> rows = new ArrayList<>();
    rows.add(Stream.concat(groupBy.stream(), NUMBERS.stream()).toList());
    groups().forEach(group -> rows.add(row(group, groupBy.stream().map(group::get).toList())));
    if (!groupBy.isEmpty()) {
      List<@Nullable Object> names = new ArrayList<>(groupBy);
      names.replaceAll(_ -> "");
      names.set(0, "total");
      rows.add(row(total(), names));
    }
    int columns = rows.getFirst().size();
    List<Integer> widths =
        IntStream.range(0, columns)
            .mapToObj(i -> rows.stream().mapToInt(row -> row.get(i).length()).max().orElse(0))
            .toList();
    return rows.stream().map(row -> line(row, widths)).toList();
  }

  /** What a reader must know beside the table. */
  List<String> remarks() {
    List<String> remarks = new ArrayList<>();
    remarks.add("From %s to %s, UTC.".formatted(answer.get("from"), answer.get("to")));
    String unpriced = text(total(), "unpriced_calls");
    if (!unpriced.equals("0")) {
      remarks.add(
          "%s calls have no known price and are not in the amounts. Once their prices are configured: ./millrace recompute"
              .formatted(unpriced));
    }
    String suspected = text(total(), "suspected_calls");
    if (!suspected.equals("0")) {
      remarks.add("%s calls without an answer may have been billed.".formatted(suspected));
    }
    return remarks;
  }

  private List<Map<?, ?>> groups() {
    List<Map<?, ?>> groups = new ArrayList<>();
    for (Object group : (List<?>) Objects.requireNonNull(answer.get("data"))) {
      if (group instanceof Map<?, ?> fields) {
        groups.add(fields);
      }
    }
    return groups;
  }

  private Map<?, ?> total() {
    return (Map<?, ?>) Objects.requireNonNull(answer.get("total"));
  }

  private static List<String> row(Map<?, ?> sum, List<? extends @Nullable Object> names) {
    List<String> row = new ArrayList<>();
    names.forEach(name -> row.add(name == null ? NONE : printable(name.toString())));
    row.add(text(sum, "calls"));
    row.add(text(sum, "usage", "input_tokens"));
    row.add(text(sum, "usage", "cache_read_input_tokens"));
    row.add(text(sum, "usage", "cache_creation_input_tokens"));
    row.add(text(sum, "usage", "output_tokens"));
    row.add(text(sum, "cost", "amount"));
    row.add(text(sum, "cost", "suspected"));
    return row;
  }

  private String line(List<String> row, List<Integer> widths) {
    return IntStream.range(0, row.size())
        .mapToObj(i -> {
          String padding = " ".repeat(widths.get(i) - row.get(i).length());
          return i < groupBy.size() ? row.get(i) + padding : padding + row.get(i);
        })
        .collect(Collectors.joining("  "))
        .stripTrailing();
  }

  private static String text(Map<?, ?> fields, String... path) {
    Object value = fields;
    for (String name : path) {
      value = value instanceof Map<?, ?> object ? object.get(name) : null;
    }
    return value == null ? UNKNOWN : value.toString();
  }

  /** Names are the callers' and must not move a terminal's cursor. */
  private static String printable(String name) {
    return name.replaceAll("\\p{Cntrl}", "?");
  }
}
