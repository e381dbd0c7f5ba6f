package io.millrace.cli.bulk;

import io.millrace.cli.terminal.Misused;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** A prompt with {@code {{column}}} wherever a value of the row belongs. */
record Template(String text) {

  private static final Pattern PLACE = Pattern.compile("\\{\\{\\s*([^{}]+?)\\s*}}");

  /** Refuses one that names what is not there, or nothing at all. */
  void check(List<String> columns) {
    List<String> named =
        PLACE.matcher(text).results().map(place -> place.group(1)).distinct().toList();
    if (named.isEmpty()) {
      throw new Misused("The template names no column; write {{column}} where its value belongs.");
    }
    for (String name : named) {
      if (!columns.contains(name)) {
        throw new Misused(
            "The template names {{%s}}, and there is no such column. There are: %s."
                .formatted(
                    name,
                    columns.stream()
                        .map(each -> '"' + each + '"')
                        .collect(Collectors.joining(", "))));
      }
    }
  }

  String filled(UnaryOperator<String> values) {
    return PLACE
        .matcher(text)
        .replaceAll(place -> Matcher.quoteReplacement(values.apply(place.group(1))));
  }
}
