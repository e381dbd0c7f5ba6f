package io.millrace.cli.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** What one run of the benchmark found, or several that asked for the same. */
record Findings(List<Figure> figures, List<Breakdown> breakdowns) {

  static Findings empty() {
    return new Findings(new ArrayList<>(), new ArrayList<>());
  }

  void add(Figure... found) {
    figures.addAll(List.of(found));
  }

  void add(Breakdown found) {
    breakdowns.add(found);
  }

  void addAll(Findings more) {
    figures.addAll(more.figures);
    breakdowns.addAll(more.breakdowns);
  }

  /** All values of each figure, in the order of the first run. */
  static Map<Figure, double[]> values(List<Findings> runs) {
    Map<Figure, double[]> values = new LinkedHashMap<>();
    for (Figure figure : runs.getFirst().figures) {
      values.put(
          figure,
          runs.stream()
              .flatMap(run -> run.figures.stream())
              .filter(other -> other.id().equals(figure.id()) && other.what().equals(figure.what()))
              .mapToDouble(Figure::value)
              .toArray());
    }
    return values;
  }

  /** The breakdowns of the first run, with the median over all runs of each number. */
  static List<Breakdown> medians(List<Findings> runs) {
    return runs.getFirst().breakdowns.stream()
        .map(breakdown -> {
          List<Breakdown> same =
              runs.stream()
                  .flatMap(run -> run.breakdowns.stream())
                  .filter(other -> other.title().equals(breakdown.title()))
                  .toList();
          return new Breakdown(
              breakdown.title(),
              breakdown.columns(),
              breakdown.rows().stream().map(row -> median(row, same)).toList());
        })
        .toList();
  }

  private static Breakdown.Row median(Breakdown.Row row, List<Breakdown> same) {
    List<List<Double>> all =
        same.stream()
            .flatMap(other -> other.rows().stream())
            .filter(other -> other.name().equals(row.name()))
            .map(Breakdown.Row::numbers)
            .toList();
    return new Breakdown.Row(
        row.name(),
        IntStream.range(0, row.numbers().size())
            .mapToObj(
                i -> Sample.median(all.stream().mapToDouble(numbers -> numbers.get(i)).toArray()))
            .toList());
  }
}
