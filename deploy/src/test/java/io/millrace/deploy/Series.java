package io.millrace.deploy;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The time series that exist, as {@code docs/events.md} lists them. */
final class Series {

  private static final Pattern ROW =
      Pattern.compile("^\\| `([a-z0-9_]+)` \\| (\\w+) \\|", Pattern.MULTILINE);
  private static final Pattern NAME = Pattern.compile("[a-zA-Z_:][a-zA-Z0-9_:]*");
  private static final Pattern OF_THE_PARTS =
      Pattern.compile("(hikaricp|jvm|process|system_cpu|tomcat|logback_events)_\\w+");
  private static final Set<String> OF_PROMETHEUS = Set.of("up", "ALERTS");

  // What is a word of PromQL, and not followed by a parenthesis as functions are.
  private static final Set<String> WORDS =
      Set.of("and", "or", "unless", "by", "without", "on", "ignoring", "bool", "offset");

  private final Set<String> known;

  private Series(Set<String> known) {
    this.known = known;
  }

  static Series catalogue() {
    Set<String> known = new HashSet<>();
    ROW.matcher(Repository.text(Repository.ROOT.resolve("docs/events.md")))
        .results()
        .forEach(row -> known.addAll(series(row.group(1), row.group(2))));
    return new Series(known);
  }

  private static List<String> series(String name, String kind) {
    return switch (kind) {
      case "histogram" -> List.of(name + "_bucket", name + "_count", name + "_sum", name + "_max");
      case "timer", "summary" -> List.of(name + "_count", name + "_sum", name + "_max");
      default -> List.of(name);
    };
  }

  int size() {
    return known.size();
  }

  /** Which series an expression names that do not exist. */
  Set<String> unknownIn(String expression) {
    return named(expression).stream()
        .filter(name -> !known.contains(name))
        .filter(name -> !OF_THE_PARTS.matcher(name).matches())
        .filter(name -> !OF_PROMETHEUS.contains(name))
        .collect(Collectors.toSet());
  }

  static Set<String> named(String expression) {
    String bare =
        expression
            .replaceAll("\"[^\"]*\"", "\"\"")
            .replaceAll("\\{[^}]*}", "{}")
            .replaceAll("\\[[^]]*]", "")
            .replaceAll("\\b(by|without|on|ignoring)\\s*\\([^)]*\\)", " ");
    return NAME.matcher(bare)
        .results()
        .filter(name -> !isFunction(bare, name))
        .map(MatchResult::group)
        .filter(name -> !WORDS.contains(name))
        .collect(Collectors.toSet());
  }

  private static boolean isFunction(String expression, MatchResult name) {
    String rest = expression.substring(name.end()).stripLeading();
    boolean partOfNumber =
        name.start() > 0 && Character.isDigit(expression.charAt(name.start() - 1));
    boolean aggregates = Set.of("sum", "max", "min").contains(name.group());
    return rest.startsWith("(") || partOfNumber || aggregates;
  }
}
