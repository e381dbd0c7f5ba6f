package io.millrace.cli.bench;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;

/** Writes findings down, for people or for programs. */
final class Report {

  private final Machine machine;
  private final String command;
  private final List<Findings> runs;

  Report(Machine machine, String command, List<Findings> runs) {
    this.machine = machine;
    this.command = command;
    this.runs = runs;
  }

  String table() {
    var text = new StringBuilder();
    text.append(
        format(
            "%s: %d cores, %s, %.0f GiB, Java %s; 4 kB to the disk (fdatasync, median) %.2f ms; load average at the start %.1f%n%n",
            command,
            machine.cores(),
            machine.model(),
            machine.memoryGib(),
            Runtime.version().feature(),
            machine.fdatasyncMillis(),
            machine.load()));
    boolean repeated = runs.size() > 1;
    text.append(
        format(
            "%-4s %-44s %12s %12s %7s %s%n",
            "#",
            "what",
            repeated ? "median" : "measured",
            "target",
            "ratio",
            repeated ? "from - to" : ""));
    Findings.values(runs).forEach((figure, values) -> text.append(line(figure, values)));
    for (Breakdown breakdown : Findings.medians(runs)) {
      text.append(format("%n%-44s", breakdown.title()));
      breakdown.columns().forEach(column -> text.append(format(" %10s", column)));
      text.append(format("%n"));
      for (Breakdown.Row row : breakdown.rows()) {
        text.append(format("  %-42s", row.name()));
        row.numbers().forEach(number -> text.append(format(" %10s", number(number))));
        text.append(format("%n"));
      }
    }
    return text.toString();
  }

  private static String line(Figure figure, double[] values) {
    double median = Sample.median(values);
    var of =
        new Figure(
            figure.id(), figure.what(), figure.unit(), median, figure.target(), figure.atMost());
    String target = of.hasTarget() ? (of.atMost() ? "<= " : ">= ") + number(of.target()) : "";
    String ratio = of.hasTarget() ? format("%.2f", of.ratio()) + (of.isMet() ? "" : " !") : "";
    String spread =
        values.length > 1 ? number(Sample.least(values)) + " - " + number(Sample.most(values)) : "";
    return format(
                "%-4s %-44s %12s %12s %7s %s",
                of.id(), of.what() + ", " + of.unit(), number(median), target, ratio, spread)
            .stripTrailing()
        + format("%n");
  }

  /** One object; numbers that were not measured are null. */
  String json() {
    var figures = new StringJoiner(",", "[", "]");
    for (Map.Entry<Figure, double[]> one : Findings.values(runs).entrySet()) {
      Figure figure = one.getKey();
      double median = Sample.median(one.getValue());
      var values = new StringJoiner(",", "[", "]");
      for (double value : one.getValue()) {
        values.add(plain(value));
      }
      figures.add(
          format(
              "{\"id\":%s,\"what\":%s,\"unit\":%s,\"median\":%s,\"values\":%s,\"target\":%s,\"at_most\":%b}",
              quoted(figure.id()),
              quoted(figure.what()),
              quoted(figure.unit()),
              plain(median),
              values,
              plain(figure.target()),
              figure.atMost()));
    }
    var breakdowns = new StringJoiner(",", "[", "]");
    for (Breakdown breakdown : Findings.medians(runs)) {
      breakdowns.add(json(breakdown));
    }
    return format(
        "{\"command\":%s,\"machine\":{\"cores\":%d,\"model\":%s,\"memory_gib\":%s,\"fdatasync_ms\":%s,\"load_average\":%s},\"runs\":%d,\"figures\":%s,\"breakdowns\":%s}%n",
        quoted(command),
        machine.cores(),
        quoted(machine.model()),
        plain(machine.memoryGib()),
        plain(machine.fdatasyncMillis()),
        plain(machine.load()),
        runs.size(),
        figures,
        breakdowns);
  }

  private static String json(Breakdown breakdown) {
    var rows = new StringJoiner(",", "[", "]");
    for (Breakdown.Row row : breakdown.rows()) {
      var numbers = new StringJoiner(",", "{", "}");
      for (int i = 0; i < row.numbers().size(); i++) {
        // Two columns of one name are told apart by their place.
        String column = breakdown.columns().get(i);
        boolean again = breakdown.columns().indexOf(column) < i;
        numbers.add(quoted(again ? column + " " + i : column) + ":" + plain(row.numbers().get(i)));
      }
      rows.add(format("{\"name\":%s,\"numbers\":%s}", quoted(row.name().strip()), numbers));
    }
    return format("{\"title\":%s,\"rows\":%s}", quoted(breakdown.title()), rows);
  }

  /** As many digits as say something. */
  static String number(double value) {
    if (Double.isNaN(value)) {
      return "-";
    }
    double size = Math.abs(value);
    return format(
        size >= 1_000 ? "%,.0f" : size >= 100 ? "%.0f" : size >= 1 ? "%.1f" : "%.2f", value);
  }

  private static String plain(double value) {
    return Double.isFinite(value) ? format("%.3f", value) : "null";
  }

  private static String quoted(String text) {
    return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }

  @SuppressWarnings("AnnotateFormatMethod") // its annotation is in a library of its own
  private static String format(String format, Object... arguments) {
    return String.format(Locale.ROOT, format, arguments);
  }
}
