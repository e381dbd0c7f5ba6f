package io.millrace.cli.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What a service says at {@code /actuator/prometheus}. */
record Metrics(List<Line> lines) {

  private static final Pattern LINE =
      Pattern.compile("^([A-Za-z_:]\\w*)(?:\\{([^}]*)})? (\\S+)$", Pattern.MULTILINE);
  private static final Pattern LABEL = Pattern.compile("(\\w+)=\"((?:[^\"\\\\]|\\\\.)*)\"");

  /** One number. */
  record Line(String name, Map<String, String> labels, double value) {}

  static Metrics parse(String text) {
    List<Line> lines = new ArrayList<>();
    Matcher line = LINE.matcher(text);
    while (line.find()) {
      Map<String, String> labels = new TreeMap<>();
      if (line.group(2) != null) {
        Matcher label = LABEL.matcher(line.group(2));
        while (label.find()) {
          labels.put(label.group(1), label.group(2));
        }
      }
      lines.add(new Line(line.group(1), labels, Double.parseDouble(number(line.group(3)))));
    }
    return new Metrics(lines);
  }

  private static String number(String text) {
    return switch (text) {
      case "+Inf" -> "Infinity";
      case "-Inf" -> "-Infinity";
      default -> text;
    };
  }

  List<Line> named(String name) {
    return lines.stream().filter(line -> line.name().equals(name)).toList();
  }

  /** The sum over all label values but those given. */
  double sum(String name, Map<String, String> labels) {
    return lines.stream()
        .filter(line -> line.name().equals(name))
        .filter(line -> line.labels().entrySet().containsAll(labels.entrySet()))
        .mapToDouble(Line::value)
        .sum();
  }

  /**
   * What a histogram took in since an earlier look, by the values of one label: its buckets, upper
   * bound in seconds and count up to there.
   */
  Map<String, TreeMap<Double, Double>> since(Metrics before, String histogram, String label) {
    Map<String, TreeMap<Double, Double>> grown = new TreeMap<>();
    add(grown, histogram, label, 1);
    before.add(grown, histogram, label, -1);
    return grown;
  }

  /** What a histogram took in since an earlier look, over all that carry these labels. */
  NavigableMap<Double, Double> since(Metrics before, String histogram, Map<String, String> labels) {
    var grown = new TreeMap<Double, Double>();
    add(grown, histogram, labels, 1);
    before.add(grown, histogram, labels, -1);
    return grown;
  }

  private void add(
      Map<Double, Double> sums, String histogram, Map<String, String> labels, int sign) {
    for (Line line : lines) {
      String bound = line.labels().get("le");
      if (line.name().equals(histogram + "_bucket")
          && bound != null
          && line.labels().entrySet().containsAll(labels.entrySet())) {
        sums.merge(Double.parseDouble(number(bound)), sign * line.value(), Double::sum);
      }
    }
  }

  private void add(
      Map<String, TreeMap<Double, Double>> sums, String histogram, String label, int sign) {
    for (Line line : lines) {
      String bound = line.labels().get("le");
      String value = line.labels().get(label);
      if (line.name().equals(histogram + "_bucket") && bound != null && value != null) {
        sums.computeIfAbsent(value, _ -> new TreeMap<>())
            .merge(Double.parseDouble(number(bound)), sign * line.value(), Double::sum);
      }
    }
  }

  /** The time in milliseconds below which a share of a histogram lies, linear in its bucket. */
  static double quantileMillis(NavigableMap<Double, Double> buckets, double share) {
    if (buckets.isEmpty() || buckets.lastEntry().getValue() <= 0) {
      return Double.NaN;
    }
    double wanted = share * buckets.lastEntry().getValue();
    double lower = 0;
    double below = 0;
    for (var bucket : buckets.entrySet()) {
      if (bucket.getValue() >= wanted) {
        double upper = bucket.getKey();
        double in = bucket.getValue() - below;
        return (Double.isInfinite(upper) ? lower : lower + (upper - lower) * (wanted - below) / in)
            * 1e3;
      }
      lower = bucket.getKey();
      below = bucket.getValue();
    }
    return lower * 1e3;
  }
}
